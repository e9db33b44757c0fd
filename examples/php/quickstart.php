<?php

/**
 * Opens the custom page of a sub-merchant, and shows what an error tells: php quickstart.php [SUB_MCHID]
 *
 * Takes its client from the WECHATPAY_* variables: real credentials, or those of `wechatpay sandbox`.
 */

declare(strict_types=1);

use WechatPay\Client;
use WechatPay\Exception\ApiException;
use WechatPay\Exception\ConfigException;
use WechatPay\Exception\WechatPayException;

function main(string $subMchid): int
{
    try {
        $client = Client::fromEnv();
    } catch (ConfigException $error) {
        fwrite(STDERR, "{$error->getMessage()}\nSet the WECHATPAY_* variables first.\n");
        return 2;
    }

    try {
        $opened = $client->goldplan->merchants->changeCustomPageStatus([
            'sub_mchid' => $subMchid,
            'operation_type' => 'OPEN',
        ]);
        echo "custom page of {$opened['sub_mchid']}: open\n";
        $status = $client->newTaxControlFapiao->merchant->checkStatus(['sub_mchid' => $subMchid]);
        $modes = array_intersect(['third_mode', 'digital_tax_mode'], array_keys($status));
        echo "invoices of {$status['sub_mchid']}: ", implode(', ', $modes) ?: 'none', "\n";
    } catch (ApiException $error) {
        $request = "Request-ID {$error->getRequestId()}";
        fwrite(STDERR, "WeChat Pay refused: {$error->getErrorCode()}: {$error->getErrorMessage()} ($request)\n");
        return 1;
    } catch (WechatPayException $error) {
        $again = $error->mayHaveTakenEffect() ? 'query the result before repeating' : 'nothing has changed';
        fwrite(STDERR, "{$error->getMessage()} ($again)\n");
        return 1;
    }
    return 0;
}

exit(main($argv[1] ?? '1900000109'));
