"""Routes of the receiver."""

from django.urls import path

from invoices import views

urlpatterns = [path("webhooks", views.receive), path("effects", views.effects)]
