'use strict';
// Files go up from paths, bytes and streams; come down to the disk or as streams; and lists are read to their end.

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { after, before, beforeEach, test } = require('node:test');
const { caught, sdk, useSandbox } = require('./support.js');

const here = useSandbox({ before, beforeEach, after });
const BILL = { bill_date: '2026-11-25', bill_type: 'ALL' };
const CONTENT = Buffer.alloc(
  1_000_000,
  Uint8Array.from({ length: 256 }, (_, at) => at),
);
const hash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest('hex');

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'test-'));
});
const there = (name) => path.join(folder, name);

async function arrived() {
  return (await here.sandbox.journal()).pop().form;
}

async function bytesOf(stream) {
  return Buffer.concat(await stream.toArray());
}

test('files go up in every form', async () => {
  const client = here.sandbox.client();
  fs.writeFileSync(there('a.png'), CONTENT);
  const spools = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('wechatpay-'));
  const before = spools();
  for (const file of [
    { path: there('a.png') },
    { filename: 'a.png', content: CONTENT },
    { filename: 'a.png', content: fs.createReadStream(there('a.png')) },
    { filename: 'a.png', content: Readable.from([CONTENT.subarray(0, 9), CONTENT.subarray(9)]) },
  ]) {
    await client.merchantService.images.upload({ file });
    assert.deepEqual(await arrived(), {
      meta: { sha256: hash('sha256', CONTENT), filename: 'a.png' },
      file: {
        filename: 'a.png',
        content_type: 'image/png',
        bytes: CONTENT.length,
        sha256: hash('sha256', CONTENT),
      },
    });
  }
  assert.deepEqual(spools(), before);
});

test('what is no file is refused by name, and nothing is sent', async () => {
  const { images } = here.sandbox.client().merchantService;
  async function* broken() {
    yield Buffer.from('a');
    throw new RangeError('the disk is gone');
  }
  for (const [file, words] of [
    [{ path: '/nowhere/a.png' }, /No such file/],
    [{ filename: 'a.png' }, /content is missing/],
    ['a.png', /must be a file/],
    [{ filename: 'a.png', content: broken() }, /cannot be read to its end/],
  ]) {
    const error = await caught(images.upload({ file }));
    assert.ok(error instanceof sdk.InvalidRequestError, error);
    assert.match(error.message, words);
  }
  const { cause } = await caught(images.upload({ file: { filename: 'a.png', content: broken() } }));
  assert.equal(cause.message, 'the disk is gone');
  assert.deepEqual(await here.sandbox.journal(), []);
});

test('a bill comes down in one call', async () => {
  const client = here.sandbox.client();
  const heard = [];
  const progress = (received, total) => heard.push([received, total]);
  const to = there('bill.csv');
  const [saved] = await client.download('bill.trade_bill.get', { ...BILL, tar_type: 'GZIP' }, to, { progress });
  const content = fs.readFileSync(to);
  assert.deepEqual(saved, { path: to, length: content.length, hash_type: 'SHA1' });
  const reply = await client.bill.tradeBill.get(BILL);
  assert.equal(hash('sha1', content), reply.hash_value);
  const [received, total] = heard.pop();
  assert.equal(received, total);
  assert.notEqual(received, content.length);

  const [stream] = await client.download('bill.trade_bill.get', BILL);
  assert.deepEqual(await bytesOf(stream), content);
  const { download_url: url, hash_type, hash_value } = reply;
  assert.equal((await client.downloadUrl(url, there('b.csv'), { hash_type, hash_value })).length, content.length);
  assert.deepEqual(await bytesOf(await client.downloadUrl(url, undefined, { hash_type, hash_value })), content);
});

test('what was altered, or given up, leaves nothing behind', async () => {
  const client = here.sandbox.client();
  const match = { path: '/v3/billdownload/file' };
  await here.sandbox.fault('corrupt', {}, 1, match);
  const error = await caught(client.download('bill.trade_bill.get', BILL, there('bill.csv')));
  assert.ok(error instanceof sdk.IntegrityError, error);
  assert.equal(error.code, 'hash_mismatch');
  await here.sandbox.fault('delay', { ms: 5000 }, 1, match);
  const signal = AbortSignal.timeout(200);
  const aborted = await caught(client.download('bill.trade_bill.get', BILL, there('bill.csv'), { signal }));
  assert.ok(aborted instanceof sdk.AbortError, aborted);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('a list is read page by page, and only as far as needed', async () => {
  const client = here.sandbox.client();
  const items = client.iterate('new_tax_control_fapiao.merchant.tax_codes.list', { limit: 10 });
  assert.equal((await here.sandbox.journal()).length, 0);
  for (let at = 0; at < 10; at += 1) {
    assert.equal((await items.next()).done, false);
  }
  assert.equal((await here.sandbox.journal()).length, 1);
  let rest = 0;
  for await (const item of items) {
    assert.equal(typeof item, 'object');
    rest += 1;
  }
  assert.equal(rest, 13);
  assert.equal((await here.sandbox.journal()).length, 3);
  const error = await caught(client.iterate('bill.trade_bill.get', BILL).next());
  assert.match(error.message, /gives no list/);
});
