<?php

declare(strict_types=1);

/** The options 'sign' and 'decrypt' of a key that lies elsewhere, as a case describes it: by PHP's own openssl. */
function functions_of_signer(?array $description): array
{
    if ($description === null) {
        return [];
    }
    $unknown = array_diff(array_keys($description), ['key', 'decrypts', 'fails', 'base64', 'seconds']);
    if ($unknown !== []) {
        throw new LogicException('unknown members of a signer: ' . implode(', ', $unknown));
    }
    $key = openssl_pkey_get_private(file_get_contents($description['key']));
    $answering = fn (string $name, callable $answer) => function (string $input) use ($description, $name, $answer): string {
        usleep((int) (1e6 * ($description['seconds'] ?? 0)));
        return isset($description['fails'][$name])
            ? throw new RuntimeException($description['fails'][$name])
            : $answer($input);
    };
    $sign = function (string $message) use ($key, $description): string {
        openssl_sign($message, $signature, $key, OPENSSL_ALGO_SHA256) || throw new RuntimeException('openssl does not sign');
        return ($description['base64'] ?? false) ? base64_encode($signature) : $signature;
    };
    $decrypt = fn (string $ciphertext): string =>
        openssl_private_decrypt($ciphertext, $plaintext, $key, OPENSSL_PKCS1_OAEP_PADDING)
            ? $plaintext
            : throw new RuntimeException('openssl does not decrypt');
    $functions = ['sign' => $answering('sign', $sign), 'decrypt' => $answering('decrypt', $decrypt)];
    return ($description['decrypts'] ?? true) ? $functions : array_diff_key($functions, ['decrypt' => 0]);
}
