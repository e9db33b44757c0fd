dnl The extension over the installed C library, which pkg-config finds (set PKG_CONFIG_PATH for a prefix of your own).
PHP_ARG_ENABLE([wechatpay],
  [whether to enable WeChat Pay],
  [AS_HELP_STRING([--enable-wechatpay], [WeChat Pay APIv3, over libwechatpay])],
  [yes])

PHP_ARG_ENABLE([wechatpay-test-hooks],
  [whether to add functions that panic on purpose],
  [AS_HELP_STRING([--enable-wechatpay-test-hooks], [For the tests only; needs a library with the same])],
  [no], [no])

if test "$PHP_WECHATPAY" != "no"; then
  PKG_CHECK_MODULES([WECHATPAY], [wechatpay])
  PHP_EVAL_INCLINE([$WECHATPAY_CFLAGS])
  PHP_EVAL_LIBLINE([$WECHATPAY_LIBS], [WECHATPAY_SHARED_LIBADD])
  PHP_SUBST([WECHATPAY_SHARED_LIBADD])

  wechatpay_sources="wechatpay.c client.c uploads.c downloads.c items.c invocation.c notifications.c seen.c namespaces.c call.c json.c options.c signer.c attempts.c errors.c generated/operations.c"
  if test "$PHP_WECHATPAY_TEST_HOOKS" != "no"; then
    wechatpay_sources="$wechatpay_sources test_hooks.c"
    AC_DEFINE([WECHATPAY_TEST_HOOKS], [1], [Functions that panic on purpose])
  fi
  PHP_NEW_EXTENSION([wechatpay], [$wechatpay_sources], [$ext_shared],,
    [-DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -Wall -Wextra -Wno-unused-parameter])
  PHP_ADD_BUILD_DIR([$ext_builddir/generated])
  PHP_ADD_EXTENSION_DEP([wechatpay], [json])
  PHP_ADD_EXTENSION_DEP([wechatpay], [hash])
  PHP_ADD_EXTENSION_DEP([wechatpay], [spl])
fi
