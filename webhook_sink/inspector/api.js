// What the page asks of the sink.

const SILENCE = 40_000; // milliseconds; the sink gives a sign of life every 15 seconds

/** The sink refused; `status` is that of its answer, the message its sentence. */
export class SinkError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function read(answer) {
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  const said = isJson ? await answer.json() : await answer.text();
  if (answer.ok) return said;
  throw new SinkError(answer.status, isJson ? said.message : `the sink answered ${answer.status}`);
}

/** Return what the sink answers: JSON, text, or null for 204; throws `Refused`. */
export async function request(path, method = "GET", value = undefined, signal = undefined) {
  const headers = value === undefined ? {} : { "Content-Type": "application/json" };
  const body = value === undefined ? undefined : JSON.stringify(value);
  const answer = await fetch(`api/${path}`, { method, headers, body, cache: "no-store", signal });
  return answer.status === 204 ? null : read(answer);
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
 * Call `heard` with each event of the stream that `query` asks for, and once with null when it
 * begins. Returns when the sink ends it; throws when it breaks off, or `signal` ends it.
 */
export async function followStream(query, heard, signal) {
  const ending = new AbortController();
  const end = () => ending.abort();
  signal.addEventListener("abort", end);
  let silence;
  try {
    const options = { cache: "no-store", signal: ending.signal };
    const answer = await fetch(`api/deliveries/stream?${query}`, options);
    if (!answer.ok) await read(answer);
    heard(null);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      silence = setTimeout(end, SILENCE);
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
