import sdk from './index.js';

export const {
  Client,
  Notifications,
  Seen,
  WechatPayError,
  ConfigError,
  InvalidRequestError,
  TransportError,
  TimeoutError,
  ApiError,
  SignatureError,
  DecryptError,
  IntegrityError,
  InternalError,
  AbortError,
  VERSION,
} = sdk;
