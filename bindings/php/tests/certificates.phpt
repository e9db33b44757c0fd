--TEST--
Certificates download themselves, on threads that no signal of PHP's reaches
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

use WechatPay\Client;

/** The signals that reach a thread of the library. */
function open_signals(): array
{
    $open = [];
    foreach (glob('/proc/self/task/*') as $task) {
        if (trim(file_get_contents("$task/comm")) === 'wechatpay') {
            preg_match('/^SigBlk:\s*([0-9a-f]{16})$/m', file_get_contents("$task/status"), $found);
            $blocked = hexdec(substr($found[1], 8));
            // SIGHUP, SIGINT, SIGUSR1, SIGALRM, SIGTERM and SIGCHLD of Linux: the constants come with pcntl only.
            foreach ([1, 2, 10, 14, 15, 17] as $signal) {
                if (!($blocked >> ($signal - 1) & 1)) {
                    $open[] = $signal;
                }
            }
            $open[] = 'a thread';
        }
    }
    return array_values(array_unique($open));
}

fresh();
$automatic = ['public_key_id' => null, 'platform_public_key_path' => null, 'auto_certificates' => true];
$client = new Client(options($automatic));
check($client->platformKeys() === ['keys' => []], 'nothing is known at first');
check(open_signals() === [], 'no thread before it is needed');

// A notification is the first to need one: nothing waits, and what starts is kept away from PHP's signals.
$made = admin('POST', '/notifications', ['event_type' => 'X', 'resource' => ['a' => 1], 'signed_with' => 'certificate']);
$read = fn () => $client->notifications->parse($made['headers'], $made['body']);
$unknown = thrown($read);
echo get_class($unknown), ' ', $unknown->getErrorCode(), ' ', $unknown->getRetryability(), "\n";
check(open_signals() === ['a thread'], 'signals are blocked: ' . json_encode(open_signals()));

$known = $client->refreshPlatformKeys();
check($known['keys'][0]['serial'] === info()['platform_certificate_serial'], 'its serial');
check(is_int($known['last_refresh']) && is_int($known['keys'][0]['not_after']), 'times are integers');
check($read()->resource === ['a' => 1], 'the next delivery is verified');
echo $client->call(CALL, PARAMS)['sub_mchid'], "\n";

// A request that ends with a download under way ends all the same.
fault('delay', ['ms' => 20_000]);
[$code, $output, $seconds] = run_php('
    $client = new WechatPay\Client(options(' . var_export($automatic, true) . '));
    $made = json_decode(' . var_export(json_encode($made), true) . ', true);
    echo thrown(fn () => $client->notifications->parse($made["headers"], $made["body"]))->getErrorCode();
');
check($code === 0 && $seconds < 15, "it ended with $code after $seconds s");
echo $output, "\n";
fresh();
?>
--EXPECT--
WechatPay\Exception\SignatureException unknown_serial safe
1900000109
unknown_serial
