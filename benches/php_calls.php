<?php

/** One figure of the loaded PHP extension, as a line of JSON: php -d extension=wechatpay php_calls.php CONFIG N */

declare(strict_types=1);

const REQUEST = ['sub_mchid' => '1900000109', 'operation_type' => 'OPEN'];

function cpu(): float
{
    $usage = getrusage();
    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}

function run(WechatPay\Client $client, int $calls): void
{
    $merchants = $client->goldplan->merchants;
    for ($left = $calls; $left > 0; $left--) {
        $reply = $merchants->changeCustomPageStatus(REQUEST);
        $reply['sub_mchid'] === '1900000109' or throw new LogicException('another reply');
    }
}

[, $config, $calls] = $argv;
$calls = (int) $calls;
$client = new WechatPay\Client(json_decode(file_get_contents($config), true, 512, JSON_THROW_ON_ERROR));
run($client, 100);
[$wall, $used] = [hrtime(true), cpu()];
run($client, $calls);
[$wall, $used] = [(hrtime(true) - $wall) / 1e9, cpu() - $used];
echo json_encode([
    'cpu_us' => $used / $calls * 1e6,
    'wall_us' => $wall / $calls * 1e6,
    'calls_per_second' => $calls / $wall,
]), "\n";
