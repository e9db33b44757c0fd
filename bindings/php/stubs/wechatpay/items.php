<?php

namespace WechatPay;

/**
 * The items of all pages of a list, from `Client::iterate()`: for `foreach`, once. An exception ends the list.
 *
 * @implements \Iterator<int, mixed>
 */
final class Items implements \Iterator
{
    /**
     * Null behind the last item.
     *
     * @throws Exception\WechatPayException where a page is asked for
     */
    public function current(): mixed {}

    /**
     * How many items are before this one; null behind the last item.
     *
     * @throws Exception\WechatPayException where a page is asked for
     */
    public function key(): ?int {}

    /** @throws Exception\WechatPayException where a page is asked for */
    public function next(): void {}

    /** @throws \Exception once the list has been read beyond its first item: it is not asked for again */
    public function rewind(): void {}

    /** @throws Exception\WechatPayException where a page is asked for */
    public function valid(): bool {}
}
