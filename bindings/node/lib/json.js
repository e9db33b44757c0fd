'use strict';
// JSON in which no integer loses a digit, on every Node.js that is supported.

/** Where a string begins, and numbers: in valid JSON nothing else has digits. */
const TOKEN = /"|-?\d[\d.eE+-]*/g;
/** What follows a string that is a name. */
const COLON = /\s*:/y;
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * Where a long integer may stand: numbers follow a colon, a comma, a bracket or space. A string may hold the same; numbers
 * of orders and payments, which are strings of digits alone, do not.
 */
const MAYBE_LONG = /(?:^|[:,[\s])-?\d{16}/;

/** Like JSON.parse, but integers beyond Number.MAX_SAFE_INTEGER become BigInts. `text` must be valid JSON. */
function parse(text) {
  if (!MAYBE_LONG.test(text)) {
    return JSON.parse(text);
  }
  // Such integers pass JSON.parse as strings. To be told from others, every string gets a first letter.
  const marked = [];
  let copied = 0;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null; token = TOKEN.exec(text)) {
    marked.push(text.slice(copied, token.index));
    copied = token.index + token[0].length;
    if (token[0] === '"') {
      copied = endOfString(text, copied);
      COLON.lastIndex = copied;
      marked.push(COLON.test(text) ? '"' : '"s', text.slice(token.index + 1, copied));
    } else {
      const long = LONG_INTEGER.test(token[0]) && !Number.isSafeInteger(Number(token[0]));
      marked.push(long ? `"n${token[0]}"` : token[0]);
    }
    TOKEN.lastIndex = copied;
  }
  marked.push(text.slice(copied));
  return JSON.parse(marked.join(''), (_, value) => {
    if (typeof value !== 'string') {
      return value;
    }
    return value[0] === 'n' ? BigInt(value.slice(1)) : value.slice(1);
  });
}

/** After the closing quote. No regular expression: one that is matched against megabytes runs out of stack. */
function endOfString(text, at) {
  while (text[at] !== '"') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

// serde_json reads 128 levels; no document of WeChat Pay has ten.
const MAX_DEPTH = 100;

/**
 * A value as JSON. Members that are undefined are left out; BigInts are written as integers, files as base64.
 * What cannot be JSON is given to `refuse(path, problem)`, whose error is thrown. The value itself is never shown: it
 * may be a name or an openid.
 */
function stringify(value, refuse) {
  return write(value, '', '', 0);

  function write(given, key, path, depth) {
    const value = typeof given?.toJSON === 'function' ? given.toJSON(key) : given;
    switch (typeof value) {
      case 'string':
        return text(value, path);
      case 'boolean':
      case 'bigint':
        return String(value);
      case 'number':
        if (!Number.isFinite(value)) {
          throw refuse(path, 'must be a finite number');
        }
        return JSON.stringify(value);
      case 'object':
        return value === null ? 'null' : compound(value, path, depth);
      default:
        throw refuse(path, `must be text, a number, a boolean, an array or an object, not ${typeof value}`);
    }
  }

  function compound(value, path, depth) {
    if (depth > MAX_DEPTH) {
      throw refuse(path.split(/[.[]/)[0], 'is nested too deeply, or within itself');
    }
    if (Array.isArray(value)) {
      return `[${Array.from(value, (item, at) => write(item, String(at), `${path}[${at}]`, depth + 1)).join(',')}]`;
    }
    if (ArrayBuffer.isView(value)) {
      throw refuse(path, 'must be text, or a file: { path }, or { filename, content }');
    }
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag !== 'Object') {
      throw refuse(path, `must be text, a number, a boolean, an array or an object, not ${tag}`);
    }
    if (typeof value.filename === 'string' && ArrayBuffer.isView(value.content)) {
      const { buffer, byteOffset, byteLength } = value.content;
      const content = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      return write({ ...value, content }, '', path, depth);
    }
    const members = [];
    for (const name of Object.keys(value)) {
      if (value[name] !== undefined) {
        const inner = path ? `${path}.${name}` : name;
        members.push(`${text(name, inner)}:${write(value[name], name, inner, depth + 1)}`);
      }
    }
    return `{${members.join(',')}}`;
  }

  function text(value, path) {
    if (/\p{Surrogate}/u.test(value)) {
      throw refuse(path, 'must be valid Unicode, but has a lone surrogate');
    }
    return JSON.stringify(value);
  }
}

module.exports = { parse, stringify };
