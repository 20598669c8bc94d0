// Receiver of webhooks with Express: `npm install && PORT=3000 node receiver.js`.
"use strict";

const crypto = require("node:crypto");
const express = require("express");

const SECRET = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const TOLERANCE_S = 300;

const app = express();
const handled = new Set(); // ids of deliveries; a table with a unique column in a real receiver
const invoices = new Map(); // the newest change of each invoice
let effects = 0;

app.post("/webhooks", express.raw({ type: "application/json", limit: "1mb" }), (req, res) => {
  if (!req.is("application/json")) return res.sendStatus(415);
  if (!isVerified(req)) return res.sendStatus(401);
  let event;
  try {
    event = JSON.parse(req.body);
  } catch {
    return res.sendStatus(400);
  }
  if (typeof event?.type !== "string") return res.sendStatus(400);
  if (["invoice.paid", "invoice.voided"].includes(event.type)) {
    const at = Date.parse(event.timestamp);
    if (typeof event.data?.id !== "string" || Number.isNaN(at)) return res.sendStatus(400);
    change(req.get("webhook-id"), event.data.id, event.type, at);
  }
  res.sendStatus(204);
});

function isVerified(req) {
  const id = req.get("webhook-id");
  const timestamp = req.get("webhook-timestamp");
  const signatures = req.get("webhook-signature");
  if (!id || !signatures || !/^\d+$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
  const hmac = crypto.createHmac("sha256", SECRET).update(`${id}.${timestamp}.`).update(req.body);
  const expected = Buffer.from(`v1,${hmac.digest("base64")}`);
  return signatures.split(" ").some((text) => {
    const signature = Buffer.from(text);
    return signature.length === expected.length && crypto.timingSafeEqual(signature, expected);
  });
}

// Nothing is awaited between has and add, so that a second delivery cannot come between them.
function change(webhookId, invoice, type, at) {
  if (handled.has(webhookId)) return;
  handled.add(webhookId);
  if (invoices.get(invoice)?.at > at) return;
  invoices.set(invoice, { type, at });
  effects += 1;
}

app.get("/effects", (req, res) => res.json(effects));

// Without it Express shows a stack trace outside of NODE_ENV=production.
app.use((error, req, res, next) => res.sendStatus(error.status ?? 500));

app.listen(process.env.PORT, "127.0.0.1");
