<?php

/** Expected against actual JSON. Every function gives the differences in words; none where it holds. */

declare(strict_types=1);

/** Objects are read as arrays, but those that PHP would then take for lists stay what they are. */
function read_json(string $json): mixed
{
    return arrays(json_decode($json, false, 512, JSON_BIGINT_AS_STRING | JSON_THROW_ON_ERROR));
}

function arrays(mixed $value): mixed
{
    if ($value instanceof stdClass && !array_is_list((array) $value)) {
        $value = (array) $value;
    }
    return is_array($value) ? array_map('arrays', $value) : $value;
}

/** In the results of the extension an empty object is an empty array. */
function same(mixed $one, mixed $other): bool
{
    $one = $one instanceof stdClass ? (array) $one : $one;
    $other = $other instanceof stdClass ? (array) $other : $other;
    if (!is_array($one) || !is_array($other)) {
        return $one === $other;
    }
    if (count($one) !== count($other) || array_is_list($one) !== array_is_list($other)) {
        return false;
    }
    foreach ($one as $name => $value) {
        if (!array_key_exists($name, $other) || !same($value, $other[$name])) {
            return false;
        }
    }
    return true;
}

function show(mixed $value): string
{
    return json_encode($value, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PARTIAL_OUTPUT_ON_ERROR);
}

function differences(string $what, mixed $expected, mixed $actual): array
{
    return same($expected, $actual) ? [] : ["$what: expected " . show($expected) . ', got ' . show($actual)];
}

/** A value against a value, null (it must be missing), or {"starts_with": text}. */
function matches(string $what, mixed $expected, mixed $actual): array
{
    if (is_array($expected) && array_keys($expected) === ['starts_with']) {
        return str_starts_with($actual ?? '', $expected['starts_with']) ? [] : ["$what: got " . show($actual)];
    }
    return differences($what, $expected, $actual);
}

/** Objects may hold more; {"$ciphertext": N} stands for base64 text of N bytes, {"starts_with"} for a text. */
function missing(string $what, mixed $expected, mixed $actual): array
{
    if (is_array($expected) && isset($expected['$ciphertext'])) {
        $bytes = is_string($actual) ? base64_decode($actual, true) : false;
        $fits = $bytes !== false && strlen($bytes) === $expected['$ciphertext'];
        return $fits ? [] : ["$what: expected " . show($expected) . ', got ' . show($actual)];
    }
    if (is_array($expected) && isset($expected['starts_with'])) {
        return matches($what, $expected, $actual);
    }
    if (!is_array($expected) || !is_array($actual) || (array_is_list($expected) && count($expected) !== count($actual))) {
        return differences($what, $expected, $actual);
    }
    $problems = [];
    foreach ($expected as $name => $value) {
        array_push($problems, ...(array_key_exists($name, $actual)
            ? missing("$what.$name", $value, $actual[$name])
            : ["$what.$name is missing"]));
    }
    return $problems;
}

/** Every text must be in it, or none. */
function contains(string $what, array $texts, string $shown, bool $wanted): array
{
    $wrong = array_filter($texts, fn (string $text) => str_contains($shown, $text) !== $wanted);
    return $wrong === [] ? [] : ["$what: " . show(array_values($wrong)) . ' in ' . show($shown)];
}
