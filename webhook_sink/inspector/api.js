// Client of the sink's API.

const SILENCE_TIMEOUT_MS = 40_000; // the sink sends a heartbeat every 15 seconds

/** An error response of the sink, with its `status` and message. */
export class SinkError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function read(response) {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const said = isJson ? await response.json() : await response.text();
  if (response.ok) return said;
  throw new SinkError(response.status, isJson ? said.message : `the sink responded with ${response.status}`);
}

/** Return the body of the response, JSON or text, or null for 204; throw `SinkError`. */
export async function request(path, method = "GET", value = undefined, signal = undefined) {
  const headers = value === undefined ? {} : { "Content-Type": "application/json" };
  const body = value === undefined ? undefined : JSON.stringify(value);
  const response = await fetch(`api/${path}`, { method, headers, body, cache: "no-store", signal });
  return response.status === 204 ? null : read(response);
}

/** Return one event of a stream: its name, its data, and its id or null. */
function eventOf(block) {
  const event = { name: "", data: null, id: null };
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "event") event.name = value;
    if (field === "data") event.data = JSON.parse(value);
    if (field === "id") event.id = Number(value);
  }
  return event;
}

/**
 * Call `heard` with null when the stream for `query` begins, then with each event. Return when the
 * sink ends the stream; throw when the connection is lost or `signal` aborts it.
 */
export async function followStream(query, heard, signal) {
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener("abort", end);
  let silence;
  try {
    const options = { cache: "no-store", signal: ending.signal };
    const response = await fetch(`api/deliveries/stream?${query}`, options);
    if (!response.ok) await read(response);
    heard(null);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      silence = setTimeout(end, SILENCE_TIMEOUT_MS);
      const { value, done } = await reader.read();
      clearTimeout(silence);
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) heard(eventOf(block));
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", end);
  }
}
