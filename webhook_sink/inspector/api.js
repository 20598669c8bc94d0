// What the page asks of the sink.

/** Return what the sink answers: JSON, text, or null for 204; an `Error` has its sentence. */
export async function ask(path, method = "GET", value = undefined) {
  const headers = value === undefined ? {} : { "Content-Type": "application/json" };
  const body = value === undefined ? undefined : JSON.stringify(value);
  const answer = await fetch(`api/${path}`, { method, headers, body, cache: "no-store" });
  if (answer.status === 204) return null;
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  const said = isJson ? await answer.json() : await answer.text();
  if (answer.ok) return said;
  throw new Error(isJson ? said.message : `the sink answered ${answer.status}`);
}
