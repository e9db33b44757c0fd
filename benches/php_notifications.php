<?php

/** What reading a notification costs in the loaded extension: php -d extension=wechatpay php_notifications.php FILE N */

declare(strict_types=1);

function cpu(): float
{
    $usage = getrusage();
    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}

function run(WechatPay\Notifications $notifications, array $headers, string $body, int $times): void
{
    for ($left = $times; $left > 0; $left--) {
        $read = $notifications->parse($headers, $body);
        $read->resource['trade_state'] === 'SUCCESS' or throw new LogicException('another notification');
    }
}

[, $file, $count] = $argv;
$count = (int) $count;
['options' => $options, 'headers' => $headers, 'body' => $body] = json_decode(file_get_contents($file), true);
$notifications = new WechatPay\Notifications($options);
run($notifications, $headers, $body, 200);
[$wall, $used] = [hrtime(true), cpu()];
run($notifications, $headers, $body, $count);
[$wall, $used] = [(hrtime(true) - $wall) / 1e9, cpu() - $used];
echo json_encode([
    'cpu_us' => $used / $count * 1e6,
    'wall_us' => $wall / $count * 1e6,
    'calls_per_second' => $count / $wall,
]), "\n";
