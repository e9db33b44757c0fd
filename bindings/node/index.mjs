import sdk from './index.js';

export const {
  Client,
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
