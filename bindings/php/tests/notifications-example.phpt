--TEST--
The example receives what is delivered to it
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

fresh();
$environment = getenv();
foreach (['public_key_id', 'platform_public_key_path', 'apiv3_key'] as $name) {
    $environment['WECHATPAY_' . strtoupper($name)] = options()[$name];
}
$free = stream_socket_server('tcp://127.0.0.1:0');
$address = stream_socket_get_name($free, false);
fclose($free);
$log = tmpfile();
$command = [PHP_BINARY, '-n', '-d', 'extension=' . extension(), '-S', $address, example('notifications')];
$server = proc_open($command, [1 => $log, 2 => $log], $pipes, null, $environment);
for ($left = 500; !($ready = @stream_socket_client("tcp://$address")) && $left > 0; $left--) {
    usleep(20_000);
}
fclose($ready);

$order = ['event_type' => 'TRANSACTION.SUCCESS', 'resource' => ['a' => 1], 'envelope' => ['id' => 'EV-1']];
$order['url'] = "http://$address/notify";
try {
    foreach ([[], ['body' => '{}'], ['headers' => ['Wechatpay-Signature' => 'WECHATPAY/SIGNTEST/aaaa']]] as $spoilt) {
        echo json_encode(admin('POST', '/notifications', $order + $spoilt)['answer']), "\n";
    }
} finally {
    proc_terminate($server);
    proc_close($server);
}
rewind($log);
$said = stream_get_contents($log);
foreach (['EV-1: TRANSACTION.SUCCESS', 'the signature does not hold', 'this is a probe'] as $text) {
    check(str_contains($said, $text), "$text is not in the log: $said");
}
?>
--EXPECT--
{"status":204,"body":"","taken":true}
{"status":500,"body":"{\"code\":\"FAIL\",\"message\":\"not accepted\"}","taken":false}
{"status":500,"body":"{\"code\":\"FAIL\",\"message\":\"not accepted\"}","taken":false}
