<?php

namespace WechatPay;

/**
 * Signs what front ends need to open the cashier after a prepay: `$client->invocation`. Nothing is sent.
 *
 * The records are for the front end as they are, and not for logs: who has the signature can open the cashier.
 */
final class Invocation
{
    /**
     * For `getBrandWCPayRequest` of a page in WeChat, after `pay.transactions.jsapi`.
     *
     * @param string $appid the one that the prepay named
     * @param string $prepay_id bare, as the reply of the prepay has it
     * @return array{appId: string, timeStamp: string, nonceStr: string, package: string, signType: 'RSA', paySign: string}
     *     `timeStamp` is Unix seconds as a text, `package` is `prepay_id=...`, `paySign` is base64
     * @throws Exception\InvalidRequestException naming the argument
     */
    public function jsapi(string $appid, string $prepay_id): array {}

    /**
     * For `wx.requestPayment` of a mini program, whose `$appid` it is.
     *
     * @param string $prepay_id bare, as the reply of the prepay has it
     * @return array{appId: string, timeStamp: string, nonceStr: string, package: string, signType: 'RSA', paySign: string}
     * @throws Exception\InvalidRequestException naming the argument
     */
    public function miniProgram(string $appid, string $prepay_id): array {}

    /**
     * For `PayReq` of WeChat's SDK in an app.
     *
     * @param string $partnerid the merchant number that the prepay named
     * @param string $prepay_id bare, as the reply of the prepay has it
     * @return array{
     *     appid: string,
     *     partnerid: string,
     *     prepayid: string,
     *     package: 'Sign=WXPay',
     *     noncestr: string,
     *     timestamp: string,
     *     sign: string,
     * } `timestamp` is Unix seconds as a text, `sign` is base64
     * @throws Exception\InvalidRequestException naming the argument
     */
    public function app(string $appid, string $partnerid, string $prepay_id): array {}
}
