// Calls of the vendors' libraries of npm: one JSON object a line in, one a line out.
// The tests copy it beside the node_modules that have the libraries.
import { createHmac, createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);
const load = (name) => import(name);

function header(call, name) {
  const found = Object.entries(call.headers).find(([key]) => key.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`no header ${name}`);
  return found[1];
}

function lowerCase(headers) {
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));
}

function webhook(name, prefix) {
  return {
    async verify(call) {
      const { Webhook, WebhookVerificationError } = require(name);
      try {
        new Webhook(call.secret).verify(call.body, lowerCase(call.headers));
      } catch (error) {
        if (error instanceof WebhookVerificationError) return false;
        throw error;
      }
      return true;
    },
    async sign(call) {
      const { Webhook } = require(name);
      return {
        [`${prefix}-id`]: call.id,
        [`${prefix}-timestamp`]: String(call.at),
        [`${prefix}-signature`]: new Webhook(call.secret).sign(call.id, new Date(call.at * 1000), call.body),
      };
    },
  };
}

const stripe = {
  async verify(call) {
    const Stripe = (await load("stripe")).default;
    const client = new Stripe("sk_test_unused");
    try {
      client.webhooks.constructEvent(call.body, header(call, "Stripe-Signature"), call.secret);
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
      throw error;
    }
    return true;
  },
  async sign(call) {
    const Stripe = (await load("stripe")).default;
    const value = new Stripe("sk_test_unused").webhooks.generateTestHeaderString({
      payload: call.body, secret: call.secret, timestamp: call.at,
    });
    return { "Stripe-Signature": value };
  },
};

const octokit = {
  async verify(call) {
    const { verify: verifyGitHub } = await load("@octokit/webhooks-methods");
    return verifyGitHub(call.secret, call.body, header(call, "X-Hub-Signature-256"));
  },
  async sign(call) {
    const { sign: signGitHub } = await load("@octokit/webhooks-methods");
    return { "X-Hub-Signature-256": await signGitHub(call.secret, call.body) };
  },
};

const paddle = {
  async verify(call) {
    const { Paddle } = require("@paddle/paddle-node-sdk");
    return new Paddle("unused").webhooks.isSignatureValid(
      call.body, call.secret, header(call, "Paddle-Signature"),
    );
  },
};

const shopify = {
  async verify(call) {
    const { shopifyApi, ApiVersion } = (require("@shopify/shopify-api/adapters/node"), require("@shopify/shopify-api"));
    const api = shopifyApi({
      apiKey: "unused", apiSecretKey: call.secret, hostName: "receiver.example", isEmbeddedApp: false,
      apiVersion: Object.values(ApiVersion)[0], logger: { log: () => {} },
    });
    const headers = {
      ...call.headers,
      "X-Shopify-Topic": "orders/create", "X-Shopify-API-Version": "2026-10",
      "X-Shopify-Shop-Domain": "tests.myshopify.com", "X-Shopify-Webhook-Id": "1",
    };
    const rawRequest = { method: "POST", url: "/hooks", headers: lowerCase(headers) };
    const found = await api.webhooks.validate({ rawBody: call.body, rawRequest, rawResponse: {} });
    if (!found.valid && found.reason !== "invalid_hmac") throw new Error(`shopify: ${found.reason}`);
    return found.valid;
  },
};

const twilio = {
  async verify(call) {
    const library = require("twilio");
    const signature = header(call, "X-Twilio-Signature");
    if (!header(call, "Content-Type").includes("form")) {
      return library.validateRequestWithBody(call.secret, signature, call.url, call.body);
    }
    return library.validateRequest(call.secret, signature, call.url, formFields(call.body));
  },
  async sign(call) {
    const isForm = header(call, "Content-Type").includes("form");
    const fields = isForm ? formFields(call.body) : {};
    return { "X-Twilio-Signature": require("twilio").getExpectedTwilioSignature(call.secret, call.url, fields) };
  },
};

function formFields(body) {
  const fields = {};
  for (const [name, value] of new URLSearchParams(body)) {
    fields[name] = name in fields ? [fields[name], value].flat() : value;
  }
  return fields;
}

function messageKey(call) {
  if (call.algorithm === "hmac-sha256") {
    const mac = (data) => createHmac("sha256", call.secret).update(data).digest();
    return {
      sign: async (data) => mac(data),
      verify: async (data, given) => given.length === 32 && timingSafeEqual(mac(data), given),
    };
  }
  return {
    sign: async (data) => sign(null, data, createPrivateKey(call.secret)),
    verify: async (data, given) => verify(null, data, createPublicKey(call.secret), given),
  };
}

const COMPONENTS = ["@method", "@target-uri", "content-type", "content-digest"];

const message = {
  async verify(call) {
    const { httpbis } = require("http-message-signatures");
    const request = { method: "POST", url: call.url, headers: lowerCase(call.headers) };
    const config = {
      keyLookup: async () => ({ id: call.key_id, algs: [call.algorithm], verify: messageKey(call).verify }),
      requiredFields: COMPONENTS,
      maxAge: 300,
    };
    try {
      return (await httpbis.verifyMessage(config, request)) === true;
    } catch (error) {
      if (error.message === "Signature is too old") return false;
      throw error;
    }
  },
  async sign(call) {
    const { httpbis } = require("http-message-signatures");
    const theirs = "theirs";
    const config = {
      key: { id: call.key_id, alg: call.algorithm, sign: messageKey(call).sign },
      fields: COMPONENTS,
      paramValues: { created: new Date(call.at * 1000) },
      name: theirs,
    };
    const request = { method: "POST", url: call.url, headers: lowerCase(call.headers) };
    const { headers } = await httpbis.signMessage(config, request);
    const value = (name) => headers[Object.keys(headers).find((key) => key.toLowerCase() === name)];
    return { Signature: value("signature"), "Signature-Input": value("signature-input") };
  },
};

const CALLS = {
  standardwebhooks: webhook("standardwebhooks", "webhook"),
  svix: webhook("svix", "svix"),
  stripe,
  "@octokit/webhooks-methods": octokit,
  "@paddle/paddle-node-sdk": paddle,
  "@shopify/shopify-api": shopify,
  twilio,
  "http-message-signatures": message,
};

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  let answer;
  try {
    answer = { result: await CALLS[call.library][call.action](call) };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
