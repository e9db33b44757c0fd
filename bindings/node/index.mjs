import sdk from './index.js';

export const {
  Client,
  Notifications,
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
