--TEST--
The stubs are what the loaded extension has, and both are what the library can do
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
require __DIR__ . '/surface.inc';

// The same reflection, once over the extension and once over the stubs in a PHP that has not loaded it.
$program = '
    spl_autoload_register(fn ($name) => match ($name) {
        "WechatPay\\\\Operations" => require STUBS . "/operations.php",
        default => null,
    });
    const STUBS = ' . var_export(dirname(__DIR__) . '/stubs/wechatpay', true) . ';
    foreach (glob(STUBS . "/*.php") as $stub) { require_once $stub; }
    require ' . var_export(__DIR__ . '/surface.inc', true) . ';
    echo json_encode(surface());
';
exec(escapeshellarg(PHP_BINARY) . ' -n -d display_errors=1 -r ' . escapeshellarg($program) . ' 2>&1', $output, $code);
$stubs = json_decode(implode("\n", $output), true) ?? exit(implode("\n", $output));
$extension = surface();
check($code === 0, 'the stubs can be loaded');
check(count($extension) > 15, 'there are classes');
foreach ($extension + $stubs as $name => $_) {
    $missing = array_diff($extension[$name] ?? [], $stubs[$name] ?? []);
    $invented = array_diff($stubs[$name] ?? [], $extension[$name] ?? []);
    foreach ($missing as $text) {
        echo "$name: not in the stubs: $text\n";
    }
    foreach ($invented as $text) {
        echo "$name: only in the stubs: $text\n";
    }
}

// Every operation is a method where its id says, and there are no others.
$camel = fn (string $words) => lcfirst(str_replace('_', '', ucwords($words, '_')));
$client = new WechatPay\Client(options());
$found = [];
foreach (WechatPay\Client::operations() as $operation) {
    $steps = array_map($camel, explode('.', $operation['id']));
    $method = array_pop($steps);
    $namespace = array_reduce($steps, fn ($here, $step) => $here->$step, $client);
    check(method_exists($namespace, $method), $operation['id']);
    $reflected = new ReflectionMethod($namespace, $method);
    $returns = ['json' => 'array', 'empty' => 'void', 'file' => 'string'][$operation['reply']];
    check((string) $reflected->getReturnType() === $returns, "{$operation['id']} returns $returns");
    $needs = in_array(true, array_column($operation['params'], 'required'), true);
    check($reflected->getNumberOfRequiredParameters() === (int) $needs, "{$operation['id']} needs parameters");
    $found[$namespace::class . "::$method"] = true;
}
foreach ($extension as $name => $_) {
    foreach (str_starts_with($name, 'WechatPay\\Operations\\') ? get_class_methods($name) : [] as $method) {
        check(isset($found["$name::$method"]), "$name::$method is no operation");
    }
}
check(!function_exists('WechatPay\\Test\\panic'), 'functions for tests are not in a real build');
check(count($found) === 1019, 'there are operations');
check((new ReflectionExtension('wechatpay'))->getFunctions() === [], 'no functions');
echo 'done';
?>
--EXPECT--
done
