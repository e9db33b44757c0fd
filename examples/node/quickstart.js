'use strict';
// Opens the custom page of a sub-merchant, and shows what an error tells.
//
// Takes its client from the WECHATPAY_* variables: real credentials, or those of `wechatpay sandbox`.

const { ApiError, Client, ConfigError, WechatPayError } = require('wechatpay-sdk');

async function main(subMchid) {
  const client = Client.fromEnv();
  const opened = await client.goldplan.merchants.changeCustomPageStatus({
    sub_mchid: subMchid,
    operation_type: 'OPEN',
  });
  console.log(`custom page of ${opened.sub_mchid}: open`);
  const status = await client.newTaxControlFapiao.merchant.checkStatus({ sub_mchid: subMchid });
  const modes = ['third_mode', 'digital_tax_mode'].filter((name) => name in status);
  console.log(`invoices of ${status.sub_mchid}: ${modes.join(', ') || 'none'}`);
}

main(process.argv[2] ?? '1900000109').catch((error) => {
  process.exitCode = 1;
  if (error instanceof ConfigError) {
    console.error(`${error}\nSet the WECHATPAY_* variables first.`);
    process.exitCode = 2;
  } else if (error instanceof ApiError) {
    console.error(`WeChat Pay refused: ${error.code}: ${error.message} (Request-ID ${error.request_id})`);
  } else if (error instanceof WechatPayError) {
    const again = error.may_have_taken_effect ? 'query the result before repeating' : 'nothing has changed';
    console.error(`${error} (${again})`);
  } else {
    throw error;
  }
});
