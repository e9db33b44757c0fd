--TEST--
Lists are read item by item, each page when its first item is asked for
--EXTENSIONS--
wechatpay
--FILE--
<?php
require __DIR__ . '/sandbox.inc';
use WechatPay\Client;
use WechatPay\Items;

const COMPLAINTS = 'merchant_service.complaints_v2.list';
const DAYS = ['begin_date' => '2020-01-01', 'end_date' => '2020-01-31'];

$client = new Client(options());
/** The pages that have been asked for. */
$asked = fn (): string => implode(' ', array_map(
    fn (array $entry) => preg_match('/offset=(\d+)/', $entry['target'], $found) ? $found[1] : '-',
    journal(),
));
$complaints = fn (int $limit): Items => $client->iterate(COMPLAINTS, DAYS + ['limit' => $limit]);
$kept = admin('GET', '/state')['complaints'][0];
$many = fn (int $count): array => array_map(fn (int $at) => ['complaint_id' => "C$at"] + $kept, range(0, $count - 1));
fresh();
admin('PATCH', '/state', ['complaints' => $many(7)]);

echo "All items, in order:\n";
$items = $complaints(3);
check($items instanceof Iterator, 'an Iterator');
check(journal() === [], 'nothing is sent before the first item is asked for');
foreach ($items as $at => $complaint) {
    echo "$at {$complaint['complaint_id']}, asked: ", $asked(), "\n";
}
check(!$items->valid() && $items->current() === null && $items->key() === null, 'behind the end');
$items->next();
check(count(journal()) === 3, 'the end is not asked for again');

echo "No page that nobody reads:\n";
fresh();
admin('PATCH', '/state', ['complaints' => $many(7)]);
foreach ($complaints(3) as $complaint) {
    break;
}
echo $asked(), "\n";
echo implode(' ', array_column(iterator_to_array(new LimitIterator($complaints(3), 0, 3)), 'complaint_id')), "\n";
echo $asked(), "\n";

echo "From the page that is named, with the size of the platform:\n";
fresh();
admin('PATCH', '/state', ['complaints' => $many(12)]);
echo implode(' ', array_column(iterator_to_array($client->iterate(COMPLAINTS, DAYS + ['offset' => 1])), 'complaint_id')), "\n";
echo $asked(), "\n";

echo "An empty list:\n";
fresh();
echo json_encode(iterator_to_array($client->iterate(COMPLAINTS, ['begin_date' => '2021-01-01', 'end_date' => '2021-01-31']))), "\n";

echo "Once:\n";
admin('PATCH', '/state', ['complaints' => $many(3)]);
$items = $complaints(2);
$items->rewind();
check($items->current() === $items->current(), 'the same item until the next one');
$items->rewind();
$items->next();
$thrown = thrown(fn () => $items->rewind());
echo $thrown::class, ': ', $thrown->getMessage(), "\n";
echo implode(' ', array_map(fn () => [$items->key(), $items->next()][0], [1, 2, 3])), "\n";
echo thrown(function () use ($items) { foreach ($items as $_); })->getMessage(), "\n";

echo "An exception ends it:\n";
$items = $complaints(2);
$items->next();
$items->next();
fault('status', ['status' => 400, 'body' => ['code' => 'PARAM_ERROR', 'message' => '-']]);
echo thrown(fn () => $items->valid())->getErrorCode(), "\n";
check(!$items->valid() && $items->current() === null, 'ended');
foreach ([
    fn () => $client->iterate('no.such.operation')->valid(),
    fn () => $client->iterate(CALL, PARAMS)->current(),
    fn () => $client->iterate(COMPLAINTS)->key(),
    fn () => $client->iterate(COMPLAINTS, DAYS + ['limit' => "\xff"])->next(),
] as $wrong) {
    $thrown = thrown($wrong);
    echo $thrown->getErrorCode(), ': ', $thrown->getOperation(), ' ', $thrown->getField(), "\n";
}

echo "It keeps its client, and is kept by nobody:\n";
$items = (new Client(options()))->iterate(COMPLAINTS, DAYS);
gc_collect_cycles();
echo $items->current()['complaint_id'], "\n";
$cycle = new stdClass();
$watched = new Client(options(['on_attempt' => function () use ($cycle) {}]));
$cycle->items = $watched->iterate(COMPLAINTS, DAYS);
$cycle->items->valid();
$gone = WeakReference::create($watched);
unset($cycle, $watched);
gc_collect_cycles();
check($gone->get() === null, 'the cycle is found');

echo "It is not read while it is being read:\n";
$within = null;
$client = new Client(options(['on_attempt' => function () use (&$items, &$within) {
    $within ??= thrown(fn () => $items->valid())->getMessage();
}]));
$items = $client->iterate(COMPLAINTS, DAYS);
echo count(iterator_to_array($items)), " $within\n";

echo "Nothing else makes one:\n";
foreach ([
    fn () => new Items(),
    fn () => clone $items,
    fn () => serialize($items),
    fn () => unserialize('O:15:"WechatPay\Items":0:{}'),
    fn () => (new ReflectionClass(Items::class))->newInstanceWithoutConstructor(),
    fn () => $items->x = 1,
] as $wrong) {
    echo thrown($wrong)->getMessage(), "\n";
}
print_r($items);
?>
--EXPECT--
All items, in order:
0 C0, asked: -
1 C1, asked: -
2 C2, asked: -
3 C3, asked: - 3
4 C4, asked: - 3
5 C5, asked: - 3
6 C6, asked: - 3 6
No page that nobody reads:
-
C0 C1 C2
- -
From the page that is named, with the size of the platform:
C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11
1 11
An empty list:
[]
Once:
Exception: Cannot rewind a list that has been read; ask for it again
1 2 
Cannot rewind a list that has been read; ask for it again
An exception ends it:
PARAM_ERROR
unknown_operation: page operation
not_a_list: goldplan.merchants.change_custom_page_status operation
missing_field: merchant_service.complaints_v2.list begin_date
bad_argument: page params.limit
It keeps its client, and is kept by nobody:
C0
It is not read while it is being read:
3 WechatPay\Items is being read already
Nothing else makes one:
WechatPay\Items is not made by itself: WechatPay\Client::iterate() gives it
Trying to clone an uncloneable object of class WechatPay\Items
Serialization of 'WechatPay\Items' is not allowed
Unserialization of 'WechatPay\Items' is not allowed
Class WechatPay\Items is an internal class marked as final that cannot be instantiated without invoking its constructor
Cannot create dynamic property WechatPay\Items::$x
WechatPay\Items Object
(
)
