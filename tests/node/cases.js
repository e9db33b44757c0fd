'use strict';
// Runs the shared cases of tests/cases; their format stands in tests/README.md.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { inspect } = require('node:util');
const { SDK, sdk } = require('../../bindings/node/test/support.js');
const { always, contains, holds, isObject, matches } = require('./compare.js');
const { functions } = require('./signer.js');

// JSON.parse would round the large integers of the cases. Its own tests hold it against literals.
const { parse } = require(path.join(SDK, 'lib', 'json.js'));

const TESTS = path.dirname(__dirname);
const VECTORS = path.join(TESTS, 'vectors');
const STEP = ['state', 'clock', 'admin', 'faults', 'alter', 'restart', 'call', 'times', 'expect'];
const KINDS = {
  config: sdk.ConfigError,
  invalid_request: sdk.InvalidRequestError,
  transport: sdk.TransportError,
  timeout: sdk.TimeoutError,
  api: sdk.ApiError,
  signature: sdk.SignatureError,
  decrypt: sdk.DecryptError,
  integrity: sdk.IntegrityError,
  internal: sdk.InternalError,
};

/** All cases of all files, the file's name before each name. */
function load() {
  const folder = path.join(TESTS, 'cases');
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.sort().flatMap((file) =>
    parse(fs.readFileSync(path.join(folder, file), 'utf8')).map(
      ({ name, client, signer, secrets, steps, ...step }) => ({
        name: `${path.basename(file, '.json')}: ${name}`,
        client: client ?? {},
        signer,
        secrets: secrets ?? [],
        steps: steps ?? [step],
      }),
    ),
  );
}

/** The options that a case starts from, some replaced, or left out where null. */
function startOptions(sandbox, changed = {}) {
  return { ...sandbox.options, backup_url: sandbox.info.backup_url, timeout: 10, cool_down: 0.0001, ...changed };
}

class Runner {
  constructor(sandbox) {
    this.sandbox = sandbox;
  }

  async run(test) {
    await this.sandbox.reset();
    this.scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'wechatpay-case-'));
    try {
      await this.steps(test);
    } finally {
      fs.rmSync(this.scratch, { recursive: true });
    }
  }

  async steps(test) {
    const options = { ...startOptions(this.sandbox, this.fill(test.client)), ...functions(this.fill(test.signer)) };
    const make = () => settled(async () => new sdk.Client(options));
    let made = await make();
    for (const step of test.steps) {
      await this.prepare(step);
      if (step.restart) {
        made = await make();
      }
      for (let time = 0; time < (step.times ?? 1); time += 1) {
        await this.sandbox.admin('DELETE', '/journal');
        assert.ok(made.error || step.call, 'the client was accepted');
        const outcome = made.error ? made : await settled(() => this.call(made.result, step.call));
        await this.check(test, step.expect, outcome);
        this.last = outcome.result;
      }
    }
  }

  async prepare(step) {
    const unknown = Object.keys(step).filter((name) => !STEP.includes(name));
    assert.deepEqual(unknown, [], 'unknown members of a step');
    const admin = (...request) => this.sandbox.admin(...request);
    if (step.alter) {
      this.alter(step.alter);
    }
    await admin('DELETE', '/faults');
    if (step.state) {
      await admin('PATCH', '/state', this.fill(step.state));
    }
    if (step.clock) {
      await admin('POST', '/clock', { advance_seconds: step.clock });
    }
    for (const { method, path: where, body } of step.admin ?? []) {
      await admin(method, where, this.fill(body));
    }
    for (const fault of step.faults ?? []) {
      await admin('POST', '/faults', this.fill(fault));
    }
  }

  alter({ file, from, to }) {
    const where = path.join(this.scratch, file);
    const text = fs.readFileSync(where, 'utf8');
    assert.ok(text.includes(from), `${file} does not hold ${from}`);
    fs.writeFileSync(where, text.replaceAll(from, to));
  }

  async call(client, call) {
    const { operation, params = {}, request, utility, notification, payment, options } = this.fill(call);
    if (utility) {
      return useUtility(options ? client.withOptions(options) : client, utility, params);
    }
    if (notification || payment) {
      const { headers, body } = notification
        ? await this.sandbox.notification(notification)
        : (await this.sandbox.admin('POST', '/orders/pay', payment)).notification;
      const read = client.notifications.parse(headers, Buffer.from(body));
      return { ...read, resource: read.resource };
    }
    if (operation) {
      return client.call(operation, withFiles(params), options);
    }
    const { method, path, ...rest } = request;
    return client.request(method, path, { ...rest, ...options });
  }

  async check(test, expect, { result, error }) {
    if (expect.error) {
      assert.ok(error, `expected an error, got ${inspect(result)}`);
      this.checkError(test, this.fill(expect.error), error);
    } else if (error) {
      throw error;
    } else {
      await this.checkResult(expect, result);
    }
    const received = await this.sandbox.journal();
    if (expect.wire || ['config', 'invalid_request'].includes(expect.error?.kind)) {
      this.checkWire(this.fill(expect.wire ?? []), received);
    }
    received.forEach((entry) => always(entry.headers));
    if (expect.effects) {
      holds(expect.effects, await this.sandbox.admin('GET', '/state'), 'effects');
    }
  }

  async checkResult(expect, given) {
    let result = given;
    if (expect.status !== undefined) {
      assert.equal(given.status, expect.status);
      assert.ok(given.requestId, 'the reply had a Request-ID, but it is gone');
      result = given.body;
    }
    if ('result' in expect) {
      assert.deepEqual(result ?? null, this.fill(expect.result));
    }
    if ('result_has' in expect) {
      holds(this.fill(expect.result_has), result, 'result');
    }
    if ('cashier' in expect) {
      const said = await this.sandbox.admin('POST', '/cashier', { record: result });
      holds(this.fill(expect.cashier), said, 'cashier');
    }
    if ('result_base64' in expect) {
      assert.equal(result.toString('base64'), expect.result_base64);
    }
  }

  checkError(test, { message_contains, message_excludes, request_id, attempts, ...wanted }, error) {
    assert.equal(error.constructor, KINDS[error.kind], String(error));
    contains(message_contains ?? [], String(error), true);
    contains(message_excludes ?? [], String(error), false);
    if (attempts) {
      holds(attempts, error.attempts, 'attempts');
    }
    if (request_id) {
      assert.equal(error.request_id === null ? 'absent' : 'present', request_id);
    }
    for (const [name, value] of Object.entries(wanted)) {
      assert.notEqual(error[name], undefined, `an error has no ${name}`);
      assert.deepEqual(error[name], value, `${name} of ${error}`);
    }
    const shown = [String(error), error.message, error.stack, inspect(error), JSON.stringify(error)].join('\n');
    [this.sandbox.info.apiv3_key, ...test.secrets].forEach((secret, at) => {
      assert.ok(!shown.includes(secret), `the error ${error.code} shows secret ${at}, ${secret.slice(0, 4)}...`);
    });
  }

  checkWire(wanted, received) {
    assert.equal(received.length, wanted.length, `requests received: ${inspect(received)}`);
    wanted.forEach(({ authorized = true, body_contains, body_json, understood, headers, ...same }, at) => {
      const entry = received[at];
      assert.equal(entry.authorized, authorized);
      contains(body_contains ?? [], entry.body, true);
      if (body_json) {
        holds(body_json, JSON.parse(entry.body), 'body_json');
      }
      if (understood !== undefined) {
        holds(understood, entry.understood, 'understood');
      }
      for (const [name, value] of Object.entries(headers ?? {})) {
        matches(value, entry.headers[name], name);
      }
      for (const [name, value] of Object.entries(same)) {
        assert.ok(['host', 'method', 'status', 'target', 'body'].includes(name), `unknown member ${name} of a request`);
        matches(value, entry[name], name);
      }
    });
  }

  /** Puts values in the place of `${...}` in every text. */
  fill(value) {
    if (typeof value === 'string') {
      return value.replace(/\$\{([^}]*)\}/g, (_, name) => this.placeholder(name));
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.fill(item));
    }
    return isObject(value) ? mapped(value, (inner) => this.fill(inner)) : value;
  }

  placeholder(name) {
    const [, kind, rest] = /^(?:(\w+)\/)?(.+)$/.exec(name);
    const { info } = this.sandbox;
    switch (kind) {
      case undefined:
        assert.ok(rest in info, `\${${name}} is not in sandbox.json`);
        return info[rest];
      case 'reply':
        return this.last[rest];
      case 'vectors':
        return fs.readFileSync(path.join(VECTORS, rest), 'utf8');
      case 'path':
        return path.join(VECTORS, rest);
      case 'scratch':
        return path.join(this.scratch, rest);
      case 'file':
        return fs.readFileSync(info[rest], 'utf8');
      default:
        throw new Error(`unknown placeholder \${${name}}`);
    }
  }
}

/** What is no operation, in the form in which every language hands it over. */
async function useUtility(client, name, params) {
  switch (name) {
    case 'encrypt':
      return client.encrypt(params.plaintext);
    case 'decrypt':
      return { plaintext: await client.decrypt(params.ciphertext) };
    case 'invocation.jsapi':
      return client.invocation.jsapi(params);
    case 'invocation.mini_program':
      return client.invocation.miniProgram(params);
    case 'invocation.app':
      return client.invocation.app(params);
    case 'platform_keys.list':
      return client.platformKeys();
    case 'platform_keys.refresh':
      return client.refreshPlatformKeys();
    default:
      throw new Error(`${name} is no utility`);
  }
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

/** Files are written with base64 in `content`, and given as bytes. */
function withFiles(value) {
  if (Array.isArray(value)) {
    return value.map(withFiles);
  }
  if (!isObject(value)) {
    return value;
  }
  const file = Object.keys(value).sort().join() === 'content,filename';
  return file ? { ...value, content: Buffer.from(value.content, 'base64') } : mapped(value, withFiles);
}

/** Errors of the SDK are outcomes; any other is a defect. */
async function settled(make) {
  try {
    return { result: await make() };
  } catch (error) {
    if (error instanceof sdk.WechatPayError) {
      return { error };
    }
    throw error;
  }
}

module.exports = { Runner, VECTORS, load, settled, startOptions };
