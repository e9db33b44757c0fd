--TEST--
Forks: before and after the first call, at once, and in the middle of the work of others
--EXTENSIONS--
wechatpay
--SKIPIF--
<?php if (!function_exists('pcntl_fork')) exit('skip pcntl is needed'); ?>
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;

fresh();
$client = new Client(options());
$lasting = Client::persistent('shop', options());
$notifications = $client->notifications;
$made = admin('POST', '/notifications', ['event_type' => 'X', 'resource' => ['a' => 1]]);
$call = function () use ($client, $lasting, $notifications, $made): void {
    check($notifications->parse($made['headers'], $made['body'])->resource === ['a' => 1], 'a notification');
    foreach ([$client, $lasting, Client::persistent('shop', options())] as $one) {
        check($one->goldplan->merchants->changeCustomPageStatus(PARAMS) === ['sub_mchid' => '1900000109'], 'a call');
    }
};
$child = function (callable ...$jobs): int {
    $pid = pcntl_fork();
    if ($pid === 0) {
        pcntl_alarm(30);
        foreach ($jobs as $job) {
            $job();
        }
        exit(0);
    }
    return $pid;
};
$join = function (int $pid): void {
    pcntl_waitpid($pid, $status);
    check(pcntl_wifexited($status) && pcntl_wexitstatus($status) === 0, "child ended with $status");
};

$join($child($call));
$call();
$join($child($call, $call));
$call();
$pid = $child($call);
$call();
$join($pid);
$join($child($call, fn () => $join($child($call)), $call));
array_map($join, array_map(fn () => $child($call), range(1, 8)));
$call();
$join($child());
echo 'done';
?>
--EXPECT--
done
