<?php

/**
 * The golden vectors, read by the extension as they should be. Clock and nonce cannot be set from PHP: signing,
 * verification and decryption of fixed values are run by the Rust runner, through the same core.
 */

declare(strict_types=1);

use WechatPay\Client;
use WechatPay\Exception\ApiException;
use WechatPay\Exception\ConfigException;

/** Name -> what to run; it gives what was not as expected. */
function load_vectors(Sandbox $sandbox, string $tests): array
{
    $key = fn (string $name): string => file_get_contents("$tests/vectors/keys/$name");
    // A client without any network.
    $good = [
        'mchid' => '1900000001',
        'serial_no' => '5A1B2C3D4E5F60718293A4B5C6D7E8F901234567',
        'merchant_private_key' => $key('merchant_pkcs8.pem'),
        'public_key_id' => 'PUB_KEY_ID_01',
        'platform_public_key' => $key('platform_pub.pem'),
    ];
    $pem = read_json(file_get_contents("$tests/vectors/pem.json"));
    $options = [
        'private_keys' => fn (string $text) => ['merchant_private_key' => $text],
        'public_keys' => fn (string $text) => ['platform_public_key' => $text],
        'certificates' => fn (string $text) => ['platform_certificates' => [$text]],
    ];
    $vectors = [];
    foreach ($options as $group => $option) {
        foreach ($pem[$group] as $case) {
            $vectors["pem: $group: {$case['name']}"] = fn () => pem_problems($good, $option($case['pem']), $case);
        }
    }
    foreach ($pem['pairs'] as $case) {
        $pair = ['merchant_private_key' => $key($case['private_key'])];
        $pair['merchant_certificate'] = $key($case['certificate']);
        $vectors["pem: pairs: {$case['private_key']} {$case['certificate']}"] =
            fn () => differences('code', $case['belongs'] ? null : 'key_mismatch', config_error([...$good, ...$pair])?->getErrorCode());
    }
    foreach (read_json(file_get_contents("$tests/vectors/errors.json"))['cases'] as $case) {
        $vectors["errors: {$case['name']}"] = fn () => reply_problems($sandbox, $case);
    }
    return $vectors;
}

function config_error(array $options): ?ConfigException
{
    try {
        new Client($options);
        return null;
    } catch (ConfigException $error) {
        return $error;
    }
}

function pem_problems(array $good, array $option, array $case): array
{
    $error = config_error([...$good, ...$option]);
    if (!isset($case['problem_contains'])) {
        return $error === null ? [] : ["refused: $error"];
    }
    if ($error === null) {
        return ['was accepted'];
    }
    $lines = array_filter(explode("\n", $case['pem']), fn ($line) => strlen($line) > 30 && !str_starts_with($line, '-----'));
    return [
        ...differences('field', array_key_first($option), $error->getField()),
        ...contains('problem', $case['problem_contains'], $error->getMessage(), true),
        ...contains('the text is repeated', array_values($lines), $error . print_r($error, true), false),
    ];
}

function reply_problems(Sandbox $sandbox, array $case): array
{
    $sandbox->admin('POST', '/reset');
    $fault = ['kind' => 'status', 'signed' => false];
    foreach (['status', 'body', 'content_type'] as $name) {
        $fault[$name] = $case[$name];
    }
    $sandbox->admin('POST', '/faults', ['fault' => $fault]);
    $client = new Client($sandbox->options(['retry' => 'off']));
    try {
        $client->call('goldplan.merchants.close_advertising_show', ['sub_mchid' => '1900000109']);
        return ['expected an error'];
    } catch (ApiException $error) {
        $problems = differences('verified', false, $error->isVerified());
        foreach (['status', 'code', 'field', 'value', 'issue', 'location', 'detail'] as $name) {
            array_push($problems, ...differences($name, $case[$name], $error->{GETTERS[$name]}()));
        }
        array_push($problems, ...contains('message', $case['message_contains'] ?? [], $error->getErrorMessage(), true));
        $shown = $error . print_r($error, true);
        return [...$problems, ...contains('an openid is shown', ['oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'], $shown, false)];
    }
}
