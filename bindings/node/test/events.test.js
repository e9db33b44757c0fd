'use strict';
// The types of the events, as tsc sees them: each narrows, and each holds what the platform sends. That each is read at
// run time is a case of the shared suite.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { compile } = require('./support.js');

const CASES = JSON.parse(fs.readFileSync(path.join(__dirname, '../../../tests/cases/events.json'), 'utf8'));

/** `transaction.success, profitsharing` -> `TransactionSuccessProfitsharing` */
function shape({ name }) {
  const words = name.split(/[^a-z]+/);
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}

function told({ name, call }) {
  if (name === 'transaction.success') {
    return `&& event.original_type !== 'profitsharing'`;
  }
  const { original_type } = call.notification;
  return original_type ? `&& event.original_type === '${original_type}'` : '';
}

function program(cases) {
  const functions = cases.map((one, at) => {
    const { event_type, resource } = one.expect.result;
    return `
      export function event${at}(event: events.Event): void {
        if (event.event_type === '${event_type}' ${told(one)}) {
          holds<Equal<typeof event.resource, events.${shape(one)}>>();
        }
      }
      export const resource${at}: events.${shape(one)} = ${JSON.stringify(resource)};`;
  });
  return `
    import type { events } from 'wechatpay-sdk';
    type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
    function holds<_T extends true>(): void {}
    ${functions.join('\n')}`;
}

test('every event narrows its resource and holds the documented fields', () => {
  assert.equal(new Set(CASES.map(({ call }) => call.notification.event)).size, 102);
  assert.equal(compile(program(CASES), 'esm', 'node16'), '');
});

test('what is not so is found', () => {
  const right = program(CASES.filter(({ name }) => name === 'refund.closed'));
  assert.equal(compile(right, 'esm', 'node16'), '');
  for (const [from, to] of [
    ['"out_refund_no":', '"out_refund_noo":'],
    [`=== 'REFUND.CLOSED'`, `=== 'REFUND.CLOSE'`],
    ['resource, events.RefundClosed', 'resource, events.RefundSuccess'],
  ]) {
    const wrong = right.replace(from, to);
    assert.notEqual(wrong, right);
    assert.match(compile(wrong, 'esm', 'node16'), /program\.mts/, to);
  }
});
