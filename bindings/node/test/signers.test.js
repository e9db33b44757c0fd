'use strict';
// A merchant's key that lies elsewhere: functions that sign and decrypt, asynchronous or not.

const assert = require('node:assert/strict');
const { AsyncLocalStorage } = require('node:async_hooks');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { after, before, beforeEach, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { SUB_MCHID, caught, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const PARALLEL = 32;
const OAEP = { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
const TITLE = { scene: 'WITH_WECHATPAY', fapiao_apply_id: '4200000444201910177461284488' };

function key() {
  return fs.readFileSync(here.sandbox.info.merchant_private_key_path);
}

function sign(message) {
  assert.ok(Buffer.isBuffer(message));
  return crypto.sign('sha256', message, key());
}

async function signLater(message) {
  await sleep(1);
  return sign(message);
}

async function decrypt(ciphertext) {
  return crypto.privateDecrypt({ key: key(), ...OAEP }, ciphertext);
}

function options(more = {}) {
  const { merchant_private_key_path, ...others } = here.sandbox.options;
  return { ...others, ...more };
}

function client(more) {
  return new sdk.Client(options(more));
}

function check(client, options) {
  return client.newTaxControlFapiao.merchant.checkStatus({ sub_mchid: SUB_MCHID }, options);
}

async function nothingWasSent() {
  assert.deepEqual(await here.sandbox.journal(), []);
}

test('every function signs, whatever holds its bytes', async () => {
  const functions = [
    sign,
    signLater,
    async (message) => new Uint8Array(sign(message)),
    async (message) => new Uint8Array(sign(message)).buffer,
    (message) => Buffer.concat([Buffer.from('before'), sign(message)]).subarray(6),
  ];
  for (const one of functions) {
    assert.equal((await check(client({ sign: one }))).sub_mchid, SUB_MCHID);
  }
  const journal = await here.sandbox.journal();
  assert.deepEqual(
    journal.map((entry) => entry.authorized),
    functions.map(() => true),
  );
});

test('fields are decrypted', async () => {
  const both = client({ sign, decrypt });
  assert.equal((await both.newTaxControlFapiao.userTitle.get(TITLE)).phone, 'phone');
  const ciphertext = crypto.publicEncrypt({ key: key(), ...OAEP }, Buffer.from('张三')).toString('base64');
  assert.equal(await both.decrypt(ciphertext), '张三');
});

test('derived clients keep the key, and other merchants bring their own', async () => {
  const first = client({ sign });
  await check(first.withOptions({ timeout: 20 }));
  await check(first, { timeout: 20 });
  const { base_url, ...own } = options();
  let signed = 0;
  await check(
    first.forMerchant({
      ...own,
      sign: (message) => {
        signed += 1;
        return sign(message);
      },
    }),
  );
  assert.equal(signed, 1);
  assert.throws(() => first.forMerchant(own), { code: 'missing_option', field: 'merchant_private_key' });
});

test('what is no key is refused when the client is made', () => {
  for (const [more, field] of [
    [{ sign: Buffer.from('no function') }, 'sign'],
    [{ sign, decrypt: 'no function' }, 'decrypt'],
    [{ decrypt }, 'decrypt'],
  ]) {
    assert.throws(
      () => client(more),
      (error) => {
        assert.equal(error.constructor, sdk.ConfigError);
        assert.equal(error.field, field);
        assert.ok(!String(error).includes('no function'));
        return true;
      },
    );
  }
  assert.throws(() => here.sandbox.client({ sign }), { code: 'conflicting_options' });
});

test('what the key throws is the cause', async () => {
  class VaultError extends Error {
    name = 'VaultError';
  }
  const sealed = new VaultError('the vault is sealed');
  const fail = async () => {
    throw sealed;
  };
  const failNow = () => {
    throw sealed;
  };
  for (const one of [fail, failNow]) {
    const error = await caught(check(client({ sign: one })));
    assert.equal(error.constructor, sdk.ConfigError);
    assert.deepEqual([error.code, error.retryability, error.may_have_taken_effect], ['signer_failed', 'safe', false]);
    assert.match(String(error), /sign failed: VaultError: the vault is sealed; nothing was sent/);
    assert.equal(error.cause, sealed);
    assert.match(error.cause.stack, /signers\.test\.js/);
  }
  await nothingWasSent();
  const error = await caught(client({ sign, decrypt: fail }).newTaxControlFapiao.userTitle.get(TITLE));
  assert.deepEqual([error.constructor, error.code, error.cause], [sdk.DecryptError, 'decrypter_failed', sealed]);
});

test('anything can be thrown', async () => {
  for (const thrown of ['text', undefined, null, Symbol('symbol'), Object.create(null)]) {
    const sign = async () => {
      throw thrown;
    };
    const error = await caught(check(client({ sign })));
    assert.deepEqual([error.code, error.cause], ['signer_failed', thrown]);
  }
});

test('what is no bytes is told by its type', async () => {
  for (const [given, type] of [
    ['SecretText', 'string'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'object'],
  ]) {
    const error = await caught(check(client({ sign: async () => given })));
    assert.match(String(error), new RegExp(`sign must give a Buffer or Uint8Array, not ${type}`));
    assert.ok(!String(error).includes('SecretText'));
  }
});

test('many calls ask at once, and none comes out before all are inside', async () => {
  let inside = 0;
  let open;
  const allInside = new Promise((resolve) => (open = resolve));
  const together = client({
    timeout: 60,
    sign: async (message) => {
      inside += 1;
      if (inside === PARALLEL) {
        open();
      }
      await allInside;
      return sign(message);
    },
  });
  const replies = await Promise.all(Array.from({ length: PARALLEL }, () => check(together)));
  assert.equal(replies.filter((reply) => reply.sub_mchid === SUB_MCHID).length, PARALLEL);
});

test('a key that hangs is given up at the deadline, and the event loop goes on', async () => {
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 5);
  // Somebody could still settle it: a promise that is out of reach is another matter, see below.
  const pending = [];
  const error = await caught(
    check(client({ timeout: 0.5, sign: () => new Promise((settle) => pending.push(settle)) })),
  );
  clearInterval(ticking);
  assert.equal(pending.length, 1);
  assert.equal(error.constructor, sdk.TimeoutError);
  assert.deepEqual([error.code, error.retryability], ['signer_timeout', 'safe']);
  assert.match(String(error), /sign did not answer within .* nothing was sent/);
  assert.ok(ticks > 5, `${ticks} ticks`);
  await nothingWasSent();
});

test('a promise that nobody can settle any more ends the call when it is collected', async () => {
  setFlagsFromString('--expose-gc');
  const collecting = setInterval(runInNewContext('gc'), 20);
  const error = await caught(check(client({ timeout: 30, sign: () => new Promise(() => {}) })));
  clearInterval(collecting);
  assert.deepEqual([error.code, error.retryability], ['signer_failed', 'safe']);
  assert.match(String(error), /sign failed: it gave no answer; nothing was sent/);
  await nothingWasSent();
});

test('a call can be given up while its key is asked; a late failure is nobody’s', async () => {
  const controller = new AbortController();
  let late;
  const asked = new Promise((resolve) => {
    late = client({
      sign: async () => {
        resolve();
        await sleep(50);
        throw new Error('too late');
      },
    });
  });
  const call = caught(check(late, { signal: controller.signal }));
  await asked;
  controller.abort();
  assert.equal((await call).constructor, sdk.AbortError);
  // An unhandled rejection would end the test.
  await sleep(100);
  await nothingWasSent();
});

test('the key sees the AsyncLocalStorage of the call', async () => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  const one = client({
    sign: async (message) => {
      seen.push(storage.getStore());
      return sign(message);
    },
  });
  await Promise.all(['first', 'second'].map((name) => storage.run(name, () => check(one))));
  assert.deepEqual(seen.sort(), ['first', 'second']);
});

test('a key may make calls of its own', async () => {
  const local = here.sandbox.client();
  const nested = client({
    sign: async (message) => {
      await check(local);
      return sign(message);
    },
  });
  assert.equal((await check(nested)).sub_mchid, SUB_MCHID);
  assert.equal((await here.sandbox.journal()).length, 2);
});

const PROGRAM = `
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Client } = require('wechatpay-sdk');
const names = ['mchid', 'serial_no', 'public_key_id', 'platform_public_key_path', 'base_url'];
const options = Object.fromEntries(names.map((name) => [name, process.env['WECHATPAY_' + name.toUpperCase()]]));
const sign = async (message) =>
  crypto.sign('sha256', message, fs.readFileSync(process.env.WECHATPAY_MERCHANT_PRIVATE_KEY_PATH));
const check = (client) => client.newTaxControlFapiao.merchant.checkStatus({ sub_mchid: '${SUB_MCHID}' });
`;

async function output(program) {
  const { code, output, errors } = await here.sandbox.run(PROGRAM + program, { timeout: 60_000 });
  assert.deepEqual([code, errors], [0, '']);
  return output.trim();
}

test('a key works in worker threads, and a thread may end while it is asked', async () => {
  const program = `
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    if (isMainThread) {
      const worker = () => new Worker(__filename);
      const told = (worker, wanted) =>
        new Promise((resolve, reject) => worker.on('error', reject).on('message', (said) => said === wanted && resolve()));
      const workers = [worker(), worker()];
      Promise.all(workers.map((one) => told(one, 'asked')))
        .then(() => Promise.all(workers.map((one) => one.terminate())))
        .then(() => check(new Client({ ...options, sign })))
        .then((reply) => console.log(reply.sub_mchid));
    } else {
      check(new Client({ ...options, sign })).then(() => {
        const hang = () => {
          parentPort.postMessage('asked');
          return new Promise(() => {});
        };
        return check(new Client({ ...options, sign: hang }));
      });
    }`;
  assert.equal(await output(program), SUB_MCHID);
});

test('a process ends while its key is asked', async () => {
  const program = `
    const hang = () => {
      setImmediate(() => process.exit(0));
      return new Promise(() => {});
    };
    check(new Client({ ...options, sign: hang }));`;
  assert.equal(await output(program), '');
  await nothingWasSent();
});

test('a process does not wait for a key that nobody waits for', async () => {
  const program = `
    check(new Client({ ...options, timeout: 0.3, sign: () => new Promise(() => {}) })).catch((error) => console.log(error.code));`;
  assert.equal(await output(program), 'signer_timeout');
});

test('a client whose key refers to it is collected', async () => {
  const program = `
    require('node:v8').setFlagsFromString('--expose-gc');
    const gc = require('node:vm').runInNewContext('gc');
    async function use() {
      const shop = { calls: 0 };
      shop.client = new Client({ ...options, sign: (message) => (shop.calls++, sign(message)) });
      await check(shop.client);
      return new WeakRef(shop);
    }
    (async () => {
      const shop = await use();
      for (let round = 0; shop.deref() && round < 100; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        gc();
      }
      console.log(shop.deref() ? 'kept' : 'collected');
    })();`;
  assert.equal(await output(program), 'collected');
});
