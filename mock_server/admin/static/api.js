// Client of the admin API. A control token stays in this tab, and out of the address.

const KEY = "hookproof-control-token";

/** The API requires the control token. */
export class Locked extends Error {}

/** Keep a token that the address brought along, and take it out of the address. */
export function takeFromAddress() {
  const brought = /^#token=(.+)$/.exec(location.hash);
  if (!brought) return;
  keep(decodeURIComponent(brought[1]));
  history.replaceState(null, "", location.pathname);
}

/** Keep the token for this tab. */
export function keep(token) {
  sessionStorage.setItem(KEY, token);
}

/** Say whether the mock is locked to those without the token. */
export function isLocked() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Return what the mock answers; a `Locked` or an `Error` has its sentence. */
export async function ask(path, method = "GET", value = undefined) {
  const headers = {};
  const token = sessionStorage.getItem(KEY);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (value !== undefined) headers["Content-Type"] = "application/json";
  const body = value === undefined ? undefined : JSON.stringify(value);
  const answer = await fetch(`api/${path}`, { method, headers, body, cache: "no-store" });
  const said = await answer.json();
  if (answer.status === 401) throw new Locked(token ? "That is not the token of this mock." : "");
  if (!answer.ok) throw new Error(said.message);
  return said;
}
