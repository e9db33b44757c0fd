<?php

/**
 * The campaign's driver in PHP: a line of JSON for each call on the standard input, and one back when it has ended.
 *
 * php -d extension=wechatpay driver.php CONFIG; the campaign (crates/campaign) starts several of them.
 */

declare(strict_types=1);

use WechatPay\Client;
use WechatPay\Exception\WechatPayException;

function say(array $answer): void
{
    fwrite(STDOUT, json_encode($answer, JSON_THROW_ON_ERROR) . "\n");
}

function reply_to(Client $client, array $call): mixed
{
    return isset($call['operation'])
        ? $client->call($call['operation'], $call['params'])
        : $client->request($call['method'], $call['path'], body: $call['body'])->body;
}

function error_record(WechatPayException $error): array
{
    return [
        'kind' => $error->getKind(),
        'code' => $error->getErrorCode(),
        'status' => $error->getStatus(),
        'retryability' => $error->getRetryability(),
        'may_have_taken_effect' => $error->mayHaveTakenEffect(),
        'verified' => $error->isVerified(),
        'message' => $error->getMessage(),
        'attempts' => method_exists($error, 'getAttempts') ? $error->getAttempts() : null,
    ];
}

function answer_to(Client $client, array $order): array
{
    $call = $order['call'];
    $client = $client->withOptions($order['options']);
    $started = hrtime(true);
    try {
        $reply = reply_to($client, $call);
        $elapsed = hrtime(true) - $started;
        $wanted = $call['params'] ?? $call['body'];
        $same = fn (string $name) => ($reply[$name] ?? null) === ($wanted[$name] ?? null);
        $rest = ['own' => $same('out_bill_no') && $same('sub_mchid')];
    } catch (WechatPayException $error) {
        $elapsed = hrtime(true) - $started;
        $rest = ['error' => error_record($error)];
    }
    return ['n' => $order['n'], 'elapsed_ms' => $elapsed / 1e6, ...$rest];
}

$client = new Client(json_decode(file_get_contents($argv[1]), true, 512, JSON_THROW_ON_ERROR));
while (($line = fgets(STDIN)) !== false) {
    $order = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    if (isset($order['rest'])) {
        gc_collect_cycles();
        say(['rested' => true]);
    } else {
        say(answer_to($client, $order));
    }
}
