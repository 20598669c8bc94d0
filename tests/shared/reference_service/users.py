"""User, organisation and reseller of every event."""

from __future__ import annotations

from collections.abc import Callable

from reference_service.behaviour import Document

_MADE = 15_242_298_946_926_949  # 2018-04-20T13:11:34.6926949Z


def _company(ident: str, name: str, date: Callable[[int], str]) -> Document:
    return {
        "id": ident,
        "createdAt": date(_MADE),
        "updatedAt": date(_MADE + 864_001_234_567),
        "name": name,
        "email": f"office@{name.split(maxsplit=1)[0].lower()}.example",
        "description": f"{name}, since 2018",
        "allowedUsers": 25,
    }


def _organization(date: Callable[[int], str]) -> Document:
    return {
        **_company("6a0f8e1d-31c4-4c0b-8d6e-0c55a1f5b0a1", "Borealis Verlag", date),
        "address": {
            "addressLine1": "Köpenicker Straße 16",
            "addressLine2": "2. Hof",
            "city": "Berlin",
            "state": "BE",
            "country": "DE",
            "postalCode": "10997",
        },
        "resellerId": _RESELLER,
        "reseller": _reseller(date),
    }


_RESELLER = "b8d1c2f4-9a37-4f0e-a0cb-52d0a7d9e3c2"


def _reseller(date: Callable[[int], str]) -> Document:
    return {**_company(_RESELLER, "Austral Trading", date), "allowedOrganizations": 12}


def _metadata(date: Callable[[int], str]) -> Document:
    return {
        "id": "0b9f5f7e-8f5f-4d2a-bb13-76a4c94f7e02",
        "createdAt": date(_MADE),
        "updatedAt": date(_MADE),
        "key": "costCentre",
        "value": "4711",
        "viewPermissions": ["activation"],
        "visible": True,
    }


def user(ident: str, seen: int, date: Callable[[int], str]) -> Document:
    organization = _organization(date)
    return {
        "id": ident,
        "createdAt": date(_MADE),
        "updatedAt": date(seen),
        "name": "Žofie Nováková",
        "firstName": "Žofie",
        "lastName": "Nováková",
        "email": "zofie@borealis.example",
        "role": "admin",
        "twoFactorEnabled": True,
        "googleSsoEnabled": False,
        "lastLoginAt": date(seen),
        "company": "Borealis Verlag",
        "allowCustomerPortalAccess": False,
        "roles": ["admin", "developer"],
        "lastSeenAt": date(seen),
        "organizationId": organization["id"],
        "organization": organization,
        "resellerId": _RESELLER,
        "reseller": _reseller(date),
        "metadata": [_metadata(date)],
        "tags": ["staff"],
        "emailPreference": {"metrics": True},
    }
