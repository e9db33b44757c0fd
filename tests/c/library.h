/* The library as the suite uses it: clients from JSON, outcomes as JSON. */
#ifndef SUITE_LIBRARY_H
#define SUITE_LIBRARY_H

#include <jansson.h>
#include <wechatpay.h>

/* Whether operations are called by their id or by the function that is generated for each. */
enum face { BY_ID, BY_FUNCTION };

/* The options that a case starts from, some replaced, or left out where null. */
json_t *sandbox_options(const json_t *info, const json_t *changed);

/* A client from an object of options, and what a case says of its signer, or NULL. */
wechatpay_error *client_from_json(const json_t *options, const json_t *signer, wechatpay_client **client);

/* A call as a case writes it, {"operation", "params"} or {"request"}, with its "options"; or {"notification"} with what
 * the sandbox has made of the case's order. */
wechatpay_error *make_call(const wechatpay_client *client, const json_t *call, enum face face, wechatpay_reply **reply);

/* Every field of an error that a case may name, but the texts. */
json_t *error_as_json(const wechatpay_error *error);

#endif
