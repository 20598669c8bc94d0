// Documentation page: Swagger UI for this mock, with a development token filled in.
// It sends no requests to other hosts.

const state = document.getElementById("state");

async function json(path) {
  const response = await fetch(path);
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

function authorise(ui, contract, issued) {
  for (const [name, scheme] of Object.entries(contract.components?.securitySchemes ?? {})) {
    const credential = issued.credentials[name];
    if (credential === undefined) {
      if (scheme.type === "http") ui.preauthorizeApiKey(name, issued.token);
    } else if (scheme.type === "http") {
      const [user, ...password] = credential.split(":");
      ui.preauthorizeBasic(name, user, password.join(":"));
    } else {
      ui.preauthorizeApiKey(name, credential);
    }
  }
}

function basePath(server) {
  const defaultOf = (_, name) => server.variables?.[name]?.default ?? "";
  const url = server?.url?.replace(/\{([^{}]*)\}/g, defaultOf) ?? "";
  return URL.canParse(url, location.origin)
    ? new URL(url, location.origin).pathname.replace(/\/+$/, "")
    : "";
}

const LABELS = {
  "#servers": "Server",
  ".examples-select-element": "Example",
  ".body-param__text": "Request body",
  ".content-type": "Media type",
};

/** Label the fields that Swagger UI leaves without a label, whenever it makes some. */
function labelFields() {
  for (const [selector, label] of Object.entries(LABELS))
    for (const field of document.querySelectorAll(`${selector}:not([aria-label])`))
      field.setAttribute("aria-label", label);
}

function show(contract, issued) {
  new MutationObserver(labelFields).observe(document.getElementById("contract"), {
    childList: true,
    subtree: true,
  });
  const url = location.origin + basePath(contract.servers?.[0]);
  contract.servers = [{ url, description: "this mock" }];
  document.getElementById("title").textContent = `${contract.info.title} ${contract.info.version}`;
  document.title = `${contract.info.title}: hookproof mock`;
  const ui = SwaggerUIBundle({
    spec: contract,
    dom_id: "#contract",
    presets: [SwaggerUIBundle.presets.apis],
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    validatorUrl: null,
    onComplete: () => issued.token && authorise(ui, contract, issued),
  });
}

try {
  const contract = await json("/_hookproof/contract.json");
  const issued = await json("/_hookproof/api/token").catch((error) => error);
  show(contract, issued);
  state.textContent = issued.token
    ? "A development token of this mock is filled in."
    : `No token is filled in: ${issued.message}`;
} catch (error) {
  state.textContent = `The contract cannot be shown: ${error.message}`;
}
