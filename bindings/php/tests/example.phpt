--TEST--
The example does what it says
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';

fresh();
$example = example('quickstart');
$environment = getenv();
foreach (options() as $name => $value) {
    $environment['WECHATPAY_' . strtoupper($name)] = $value;
}
$run = function (array $environment, string ...$arguments) use ($example): void {
    $command = [PHP_BINARY, '-n', '-d', 'extension=' . extension(), $example, ...$arguments];
    $process = proc_open($command, [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes, null, $environment);
    $output = stream_get_contents($pipes[1]);
    echo $output, 'exit ', proc_close($process), "\n";
};
$run($environment);
$run($environment, '1');
fault('delay', ['ms' => 9000], times: 9);
$run([...$environment, 'WECHATPAY_TIMEOUT' => '0.3']);
$run(array_filter($environment, fn ($name) => !str_starts_with($name, 'WECHATPAY_'), ARRAY_FILTER_USE_KEY));
?>
--EXPECTF--
custom page of 1900000109: open
invoices of 1900000109: third_mode, digital_tax_mode
exit 0
WeChat Pay refused: MCH_NOT_EXISTS: %s (Request-ID %s)
exit 1
goldplan.merchants.change_custom_page_status: %s (query the result before repeating)
exit 1
mchid is required%a
Set the WECHATPAY_* variables first.
exit 2
