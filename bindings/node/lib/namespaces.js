'use strict';
// The methods of the declarations in operations/, built from the native operation table when they are first used.

const native = require('../load.js');

const CLIENT = Symbol('client');
const classes = new Map();

/** `change_custom_page_status` -> `changeCustomPageStatus`. */
function camel(segment) {
  return segment.replace(/_+(.)/g, (_, letter) => letter.toUpperCase());
}

/** Adds a getter per product. */
function addProducts(prototype) {
  for (const product of native.products()) {
    addNamespace(prototype, [product], (client) => client);
  }
}

function addNamespace(prototype, path, clientOf) {
  const name = camel(path[path.length - 1]);
  Object.defineProperty(prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      const namespace = new (namespaceClass(path))();
      Object.defineProperty(namespace, CLIENT, { value: clientOf(this) });
      // Made once per owner; not enumerable, so that printing a client stays short.
      Object.defineProperty(this, name, { value: namespace });
      return namespace;
    },
  });
}

function namespaceClass(path) {
  const scope = path.join('.');
  let found = classes.get(scope);
  if (!found) {
    found = build(path, JSON.parse(native.operations(scope)));
    classes.set(scope, found);
  }
  return found;
}

function build(path, operations) {
  class Namespace {}
  Object.defineProperty(Namespace, 'name', { value: camel(path.join('_')) });
  const inner = new Set();
  for (const { id } of operations) {
    const [step, ...deeper] = id.split('.').slice(path.length);
    if (deeper.length > 0) {
      inner.add(step);
    } else {
      addMethod(Namespace.prototype, camel(step), id);
    }
  }
  for (const step of inner) {
    addNamespace(Namespace.prototype, [...path, step], (namespace) => namespace[CLIENT]);
  }
  return Namespace;
}

function addMethod(prototype, name, id) {
  const method = {
    [name](params, options) {
      return this[CLIENT].call(id, params, options);
    },
  };
  Object.defineProperty(prototype, name, { value: method[name], configurable: true, enumerable: true, writable: true });
}

module.exports = { addProducts };
