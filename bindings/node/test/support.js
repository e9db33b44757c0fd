'use strict';
// The local WeChat Pay for all tests: the binary named by WECHATPAY_BIN, over real sockets. The package under test is
// the one installed in the folder WECHATPAY_INSTALLED (see scripts/install.mjs).

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const INSTALLED = path.resolve(need('WECHATPAY_INSTALLED', 'name the folder where the packed package is installed'));
const SDK = path.join(INSTALLED, 'node_modules', 'wechatpay-sdk');
// JSON.stringify refuses the large integers of the cases.
const { stringify } = require(path.join(SDK, 'lib', 'json.js'));
const SUB_MCHID = '1900000109';
const OPTIONS = ['mchid', 'serial_no', 'apiv3_key', 'merchant_private_key_path', 'public_key_id', 'base_url'];

function need(name, what) {
  if (!process.env[name]) {
    throw new Error(`${name} must ${what}`);
  }
  return process.env[name];
}

/** The installed package, as a program in that folder would get it. */
const sdk = createRequire(path.join(INSTALLED, 'index.js'))('wechatpay-sdk');

class Sandbox {
  constructor(process, info) {
    this.process = process;
    this.info = info;
    const names = [...OPTIONS, 'platform_public_key_path'];
    this.options = Object.fromEntries(names.map((name) => [name, info[name]]));
    const environment = names.map((name) => [`WECHATPAY_${name.toUpperCase()}`, info[name]]);
    this.environment = Object.fromEntries(environment);
  }

  static async start() {
    const binary = need('WECHATPAY_BIN', 'name the wechatpay command (cargo build -p wechatpay-cli)');
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'wechatpay-sandbox-'));
    const child = spawn(binary, ['sandbox', '--dir', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(readline.createInterface(child.stdout), 'line');
    return new Sandbox(child, JSON.parse(line));
  }

  async stop() {
    this.process.kill();
    await once(this.process, 'exit');
  }

  async admin(method, where, body) {
    const reply = await fetch(this.info.admin_url + where, {
      method,
      body: body === undefined ? undefined : stringify(body, (at, problem) => new Error(`${at} ${problem}`)),
    });
    const text = await reply.text();
    if (reply.status !== 200) {
      throw new Error(`${method} ${where}: ${reply.status} ${text}`);
    }
    return JSON.parse(text);
  }

  reset() {
    return this.admin('POST', '/reset');
  }

  fault(kind, members = {}, times = 1, match = {}) {
    return this.admin('POST', '/faults', { match, times, fault: { kind, ...members } });
  }

  journal() {
    return this.admin('GET', '/journal');
  }

  /** Makes a notification: `{ id, headers, body, answer }`. */
  notification(order) {
    return this.admin('POST', '/notifications', order);
  }

  client(options = {}) {
    return new sdk.Client({ ...this.options, ...options });
  }

  /**
   * Runs a program in the folder of the installed package, pointed at this sandbox by its environment. A server writes
   * where it listens, gets its `visit(text)`, and is ended, unless it `ends` by itself.
   */
  async run(program, { file = 'program.js', timeout = 20_000, env = {}, visit, ends = false } = {}) {
    const directory = fs.mkdtempSync(path.join(INSTALLED, 'run-'));
    const script = path.join(directory, file);
    fs.writeFileSync(script, program);
    const started = performance.now();
    const child = spawn(process.execPath, [script], { env: { ...process.env, ...this.environment, ...env }, timeout });
    let output = '';
    let errors = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (errors += data));
    const closed = once(child, 'close');
    if (visit) {
      await Promise.race([once(child.stdout, 'data'), closed]);
      await visit(output.trim()).finally(() => ends || child.kill());
    }
    const [code, signal] = await closed;
    fs.rmSync(directory, { recursive: true });
    return { code: code ?? signal, output, errors, ms: performance.now() - started };
  }
}

/** One sandbox for the tests of a file, as new before each. */
function useSandbox({ before, beforeEach, after }) {
  const holder = {};
  before(async () => {
    holder.sandbox = await Sandbox.start();
  });
  beforeEach(() => holder.sandbox.reset());
  after(() => holder.sandbox.stop());
  return holder;
}

async function caught(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it must fail');
}

/** What tsc --strict says of a program beside the installed package; nothing where it is right. Never run. */
function compile(program, system, moduleResolution) {
  const project = fs.mkdtempSync(path.join(INSTALLED, 'types-'));
  const file = `program.${system === 'esm' ? 'mts' : 'cts'}`;
  fs.writeFileSync(path.join(project, file), program);
  const module = moduleResolution === 'node16' ? 'node16' : 'preserve';
  const options = { strict: true, noEmit: true, target: 'es2022', module, moduleResolution };
  const modules = path.join(__dirname, '..', 'node_modules');
  const typeRoots = [path.join(modules, '@types')];
  const more = { exactOptionalPropertyTypes: true, verbatimModuleSyntax: false, types: ['node'], typeRoots };
  const config = { compilerOptions: { ...options, ...more }, files: [file] };
  fs.writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(config));
  try {
    const tsc = path.join(modules, 'typescript', 'bin', 'tsc');
    const done = spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' });
    return done.status === 0 ? '' : done.stdout || done.stderr || `tsc ended with ${done.status}`;
  } finally {
    fs.rmSync(project, { recursive: true });
  }
}

module.exports = { INSTALLED, SDK, SUB_MCHID, Sandbox, caught, compile, sdk, useSandbox };
