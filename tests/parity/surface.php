<?php

/**
 * What the loaded extension offers, as JSON for compare.py: found by reflection.
 *
 * A method counts as the operation that it really calls, which its error tells; nothing listens at the client's address.
 */

declare(strict_types=1);

use WechatPay\Client;
use WechatPay\Exception\WechatPayException;

function fail(string $problem): never
{
    fwrite(STDERR, "$problem\n");
    exit(1);
}

function caught(callable $call): WechatPayException
{
    try {
        $call();
    } catch (WechatPayException $error) {
        return $error;
    }
    fail('a call succeeded where nothing listens');
}

/** `changeCustomPageStatus` and `change_custom_page_status` are one. */
function flat(string $name): string
{
    return strtolower(str_replace('_', '', $name));
}

/** The ids of all that hangs below a place, checked to be called as they are named. */
function operations(object $place, array $path = []): array
{
    $class = new ReflectionClass($place);
    $found = [];
    // A client's own methods, such as request(), are no operations.
    foreach ($path === [] ? [] : $class->getMethods(ReflectionMethod::IS_PUBLIC) as $method) {
        $name = implode('.', [...$path, $method->name]);
        $arguments = $method->getNumberOfParameters() === 0 ? [] : [[]];
        $called = caught(fn () => $place->{$method->name}(...$arguments))->getOperation();
        if (flat((string) $called) !== flat($name)) {
            fail("$name calls $called");
        }
        $found[] = $called;
    }
    foreach ($class->getProperties(ReflectionProperty::IS_PUBLIC) as $property) {
        if (str_starts_with((string) $property->getType(), 'WechatPay\\Operations')) {
            array_push($found, ...operations($place->{$property->name}, [...$path, $property->name]));
        }
    }
    return $found;
}

/** Those names that a function accepts: what it knows is refused for its type only. */
function known(array $names, callable $call): array
{
    $issue = fn (string $name): string => (string) caught(fn () => $call($name))->getIssue();
    $is_known = fn (string $name): bool => !str_starts_with($issue($name), 'is not an option');
    return array_values(array_filter($names, $is_known));
}

/** The names of call options that the stub declares: the extension itself cannot be asked for them. */
function declared_call_options(): array
{
    $stub = file_get_contents(dirname(__DIR__, 2) . '/bindings/php/stubs/wechatpay/client.php');
    preg_match('/@param array\{([^}]*)\} \$options `timeout`/', $stub, $shape) || fail('the stub declares no call options');
    preg_match_all('/(\w+)\?:/', $shape[1], $names);
    return $names[1];
}

/** What the public getters of an exception are called, and its text; PHP's own getters are not ours. */
function error_fields(WechatPayException $error): array
{
    $getters = array_filter(
        (new ReflectionClass(WechatPayException::class))->getMethods(ReflectionMethod::IS_PUBLIC),
        fn (ReflectionMethod $method) => $method->class === WechatPayException::class && !$method->isConstructor(),
    );
    $fields = array_values(array_map(fn (ReflectionMethod $method) => $method->name, $getters));
    return str_contains($error->getMessage(), $error->getErrorMessage()) ? [...$fields, 'text'] : $fields;
}

$options = json_decode($argv[1], true, flags: JSON_THROW_ON_ERROR);
$client = (new Client($options))->withOptions(['retry' => 'off']);
$classes = array_filter(
    (new ReflectionExtension('wechatpay'))->getClasses(),
    fn (ReflectionClass $class) => $class->isSubclassOf(WechatPayException::class),
);
$surface = [
    'operations' => operations($client),
    'client_options' => known(Client::optionNames(), fn ($name) => new Client([...$options, $name => ['no option']])),
    'call_options' => known(declared_call_options(), fn ($name) => $client->withOptions([$name => new stdClass()])),
    'error_kinds' => array_values(array_map(fn ($class) => $class->newInstance('')->getKind(), $classes)),
    'error_classes' => array_values(array_map(
        fn ($class) => $class->getShortName() . ' < ' . $class->getParentClass()->getShortName(),
        $classes,
    )),
    'error_fields' => error_fields(caught(fn () => $client->call('no.such.operation'))),
];
echo json_encode($surface, JSON_THROW_ON_ERROR), "\n";
