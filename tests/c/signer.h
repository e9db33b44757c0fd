/* A merchant's key that lies elsewhere, as a case describes it: by the openssl command. */
#ifndef SUITE_SIGNER_H
#define SUITE_SIGNER_H

#include <jansson.h>
#include <wechatpay.h>

/* Gives the options its functions. */
wechatpay_error *set_signer(wechatpay_options *options, const json_t *description);

#endif
