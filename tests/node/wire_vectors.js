'use strict';
// signing.json and verification.json against a server of our own. The package takes its clock and its nonces from the
// system, so the golden values prove an independent twin (node:crypto), and the twin proves what goes over the wire.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');
const { setTimeout: sleep } = require('node:timers/promises');
const { sdk } = require('../../bindings/node/test/support.js');
const { settled } = require('./cases.js');

const PLATFORM_KEYS = ['platform_key.pem', 'platform_cert_key.pem', 'other_key.pem'];

/** Serves one request by `answer(request, body, response)` while `use(base_url)` runs. */
async function serving(answer, use) {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    answer(request, Buffer.concat(chunks), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
    server.closeAllConnections?.();
  }
}

function message(...lines) {
  return Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
}

function sign(pem, text) {
  return crypto.sign('sha256', text, pem).toString('base64');
}

function wireVectors(good, vector, key) {
  const signing = vector('signing.json');
  const verification = vector('verification.json');
  return [
    ...signing.cases.map((one) => ({
      name: `signing: ${one.name}`,
      run: () => checkSigning(signing, one, good(), key(signing.private_key)),
    })),
    ...verification.cases.map((one) => ({
      name: `verification: ${one.name}`,
      run: () => checkVerification(verification, one, good(), key),
    })),
  ];
}

/** The Authorization header, by node:crypto. */
function authorization({ mchid, serial_no }, pem, { method, target, timestamp, nonce, body }) {
  const signature = sign(pem, message(method, target, String(timestamp), nonce, body));
  return (
    `WECHATPAY2-SHA256-RSA2048 mchid="${mchid}",nonce_str="${nonce}",signature="${signature}",` +
    `timestamp="${timestamp}",serial_no="${serial_no}"`
  );
}

/** The parameters of a header, in any order. */
function parts(header) {
  const [scheme, rest] = [header.slice(0, header.indexOf(' ')), header.slice(header.indexOf(' ') + 1)];
  return {
    scheme,
    ...Object.fromEntries([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  };
}

async function checkSigning(who, one, options, pem) {
  const { method, target, timestamp, nonce } = one;
  const body = Buffer.from(one.body_base64, 'base64');
  const golden = authorization(who, pem, { method, target, timestamp, nonce, body });
  assert.deepEqual(parts(golden), parts(one.authorization), 'the twin signs like openssl');
  const seen = [];
  const answer = (request, sent, response) => {
    seen.push({ method: request.method, target: request.url, sent, header: request.headers.authorization });
    response.writeHead(404).end();
  };
  await serving(answer, async (base_url) => {
    const client = new sdk.Client({ ...options, mchid: who.mchid, serial_no: who.serial_no, base_url });
    const url = new URL(target, base_url);
    const query = {};
    url.searchParams.forEach((value, name) => (query[name] = [...(query[name] ?? []), value]));
    const { error } = await settled(() => client.request(method, url.pathname, { query, body: json(body) }));
    assert.equal(error.status, 404);
  });
  assert.equal(seen.length, 1);
  const [{ header, sent, ...wire }] = seen;
  assert.equal(wire.method, method);
  assert.equal(wire.target.split('?')[0], target.split('?')[0]);
  const { timestamp: time, nonce_str } = parts(header);
  assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 30);
  const expected = authorization(who, pem, { ...wire, timestamp: time, nonce: nonce_str, body: sent });
  assert.deepEqual(parts(header), parts(expected));
}

function json(body) {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What a signature of the vectors was made from: the good case that has the same one, and its key. */
function origin(cases, signature, key) {
  for (const one of cases) {
    const { headers } = one;
    if (headers['Wechatpay-Signature'] === signature) {
      const body = Buffer.from(one.body_base64, 'base64');
      const text = message(headers['Wechatpay-Timestamp'] ?? '', headers['Wechatpay-Nonce'] ?? '', body);
      const pem = PLATFORM_KEYS.map(key).find((candidate) => sign(candidate, text) === signature);
      if (pem) {
        return { ...one, pem, body };
      }
    }
  }
  return undefined;
}

/** The headers of a case as they would be now: times shifted, and signed anew where they were signed. */
function headersNow(one, signed) {
  const shift = Math.floor(Date.now() / 1000) - one.now;
  const moved = (time) => (/^\d+$/.test(time) ? String(Number(time) + shift) : time);
  const headers = { ...one.headers };
  if ('Wechatpay-Timestamp' in headers) {
    headers['Wechatpay-Timestamp'] = moved(headers['Wechatpay-Timestamp']);
  }
  if (signed) {
    const time = moved(signed.headers['Wechatpay-Timestamp']);
    const text = message(time, signed.headers['Wechatpay-Nonce'], signed.body);
    headers['Wechatpay-Signature'] = sign(signed.pem, text);
  }
  return headers;
}

/** Not at the end of a second: the limit of the clock is one of whole seconds. */
async function secondBegins() {
  if (Date.now() % 1000 > 700) {
    await sleep(310);
  }
}

async function checkVerification({ cases, public_keys, certificates }, one, options, key) {
  const signed = origin(cases, one.headers['Wechatpay-Signature'], key);
  assert.ok(one.error !== null || signed, 'a good signature is one that the twin makes too');
  const body = Buffer.from(one.body_base64, 'base64');
  await secondBegins();
  const answer = (_request, _body, response) => {
    const status = body.length === 0 && one.error === null ? 204 : 200;
    response.writeHead(status, { 'Content-Type': 'application/json', ...headersNow(one, signed) }).end(body);
  };
  await serving(answer, async (base_url) => {
    const [{ id, pem }] = public_keys;
    const platform = { public_key_id: id, platform_public_key: key(pem) };
    const platform_certificates = certificates.map((certificate) => key(certificate.pem));
    const client = new sdk.Client({ ...options, ...platform, platform_certificates, base_url });
    const { result, error } = await settled(() => client.request('GET', '/v3/x', { retry: 'off' }));
    assert.equal(error?.code ?? null, one.error);
    if (error) {
      assert.equal(error.constructor, sdk.SignatureError);
      assert.ok(
        (one.message_contains ?? []).every((part) => String(error).includes(part)),
        String(error),
      );
    } else {
      assert.deepEqual(result.body, json(body));
    }
  });
}

module.exports = { headersNow, origin, secondBegins, wireVectors };
