// Client of the admin API. A control token stays in this tab and is removed from the address.

const KEY = "hookproof-control-token";

/** Error: the API requires the control token. */
export class Locked extends Error {}

/** Store the token of the address, and remove it from the address. */
export function takeFromAddress() {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return;
  keep(decodeURIComponent(match[1]));
  history.replaceState(null, "", location.pathname);
}

/** Store the token for this tab. */
export function keep(token) {
  sessionStorage.setItem(KEY, token);
}

/** Return whether a control token is stored. */
export function isLocked() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Return the response's JSON; throw `Locked` or an `Error` with the mock's message. */
export async function ask(path, method = "GET", value = undefined) {
  const headers = {};
  const token = sessionStorage.getItem(KEY);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (value !== undefined) headers["Content-Type"] = "application/json";
  const body = value === undefined ? undefined : JSON.stringify(value);
  const response = await fetch(`api/${path}`, { method, headers, body, cache: "no-store" });
  const data = await response.json();
  if (response.status === 401) throw new Locked(token ? "This is not the token of the mock." : "");
  if (!response.ok) throw new Error(data.message);
  return data;
}
