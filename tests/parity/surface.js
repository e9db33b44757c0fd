'use strict';
// What the installed npm package offers, as JSON for compare.py: its client and classes walked, its declarations read.
// A method counts as the operation that it really calls, which its error tells; nothing listens at the client's address.
//
// WECHATPAY_INSTALLED the folder in which the packed package is installed

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');

const INSTALLED = path.resolve(process.env.WECHATPAY_INSTALLED ?? die('WECHATPAY_INSTALLED names no folder'));
const SDK = path.join(INSTALLED, 'node_modules', 'wechatpay-sdk');
const sdk = createRequire(path.join(INSTALLED, 'index.js'))('wechatpay-sdk');

function die(problem) {
  console.error(problem);
  process.exit(1);
}

async function main() {
  const options = JSON.parse(process.argv[2]);
  const client = new sdk.Client(options).withOptions({ retry: 'off' });
  const classes = Object.values(sdk).filter((one) => one?.prototype instanceof sdk.WechatPayError);
  const surface = {
    operations: await operations(client),
    client_options: await confirmed(
      declared('index.d.ts', 'ClientOptions'),
      (wrong) => new sdk.Client({ ...options, ...wrong }),
    ),
    call_options: await confirmed(declared('types.d.ts', 'CallOptions'), (wrong) =>
      client.call('no.such.operation', {}, wrong),
    ),
    error_kinds: [...new Set(classes.map((one) => new one('').kind))],
    error_classes: classes.map((one) => `${one.name} < ${Object.getPrototypeOf(one).name}`),
    error_fields: errorFields(await caught(() => client.call('no.such.operation'))),
  };
  console.log(JSON.stringify(surface));
}

/** The ids of all that hangs below a place, checked to be called as they are named. */
async function operations(place, names = []) {
  const found = [];
  for (const name of members(place, names.length === 0)) {
    const below = [...names, name];
    if (typeof place[name] === 'function') {
      const { operation } = await caught(() => place[name]({}));
      if (flat(operation ?? '') !== flat(below.join('.'))) {
        die(`${below.join('.')} calls ${operation}`);
      }
      found.push(operation);
    } else {
      found.push(...(await operations(place[name], below)));
    }
  }
  return found;
}

/** Namespaces and methods. A client's own methods, such as request(), are not enumerable. */
function members(place, isClient) {
  const prototype = Object.getPrototypeOf(place);
  return isClient
    ? Object.keys(prototype)
    : Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
}

/** `changeCustomPageStatus` and `change_custom_page_status` are one. */
function flat(name) {
  return name.toLowerCase().replaceAll('_', '');
}

async function caught(make) {
  let outcome;
  try {
    outcome = await make();
  } catch (error) {
    return error instanceof sdk.WechatPayError ? error : die(error.stack);
  }
  return die(`${make} gave ${outcome}`);
}

/** The members of a declared interface and of those that it extends. */
function declared(file, name) {
  const text = fs.readFileSync(path.join(SDK, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = new RegExp(`interface ${name}(?: extends (\\w+))? \\{([^}]*)\\}`).exec(text);
  const [, base, body] = found ?? die(`${file} declares no ${name}`);
  const own = [...body.matchAll(/^\s*(\w+)\??:/gm)].map(([, member]) => member);
  return base ? [...declared(file, base), ...own] : own;
}

/** Those that are known at run time: what is known is refused for its type only. */
async function confirmed(names, make) {
  const known = [];
  for (const name of names) {
    const { issue } = await caught(() => make({ [name]: { no: 'option' } }));
    if (!String(issue).startsWith('is not an option')) {
      known.push(name);
    }
  }
  return known;
}

/** Its own properties, and its text; the stack is the platform's. */
function errorFields(error) {
  const fields = Object.getOwnPropertyNames(error).filter((name) => name !== 'stack');
  return String(error).includes(error.message) ? [...fields, 'text'] : fields;
}

main().catch((error) => die(error.stack));
