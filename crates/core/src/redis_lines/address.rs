//! Where a Redis is, and how to get in.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;

const PORT: u16 = 6379;

pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
    pub(super) database: i64,
    pub(super) user: Option<Zeroizing<String>>,
    pub(super) password: Option<Zeroizing<String>>,
}

impl Address {
    /// Of `redis://user:password@host:port/database`, or `rediss://…` with TLS, the value of an option. No message repeats it.
    pub(super) fn from_url(option: &str, text: &str) -> Result<Self, Error> {
        let bad = |problem: &str| Error::config(option, "bad_url", problem);
        let form = "must be like redis://user:password@host:6379/0, or rediss://… with TLS";
        let url = Url::parse(text).map_err(|_| bad(form))?;
        let tls = match url.scheme() {
            "redis" => false,
            "rediss" => true,
            _ => return Err(bad(form)),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| bad(form))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("must end with the number of the database: what follows ? or # is not known here"));
        }
        let database = match url.path().trim_matches('/') {
            "" => 0,
            number => {
                let number = number.parse().ok().filter(|number: &u16| *number < u16::MAX);
                number.ok_or_else(|| bad("must end with the number of the database, like /0"))?.into()
            }
        };
        let decoded = |text: &str| {
            let text = percent_decode_str(text).decode_utf8().map(|text| Zeroizing::new(text.into_owned()));
            text.map_err(|_| bad("has a user or a password that is not UTF-8"))
        };
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded).transpose()?;
        let password = url.password().map(decoded).transpose()?;
        if user.is_some() && password.is_none() {
            return Err(bad("has a user and no password; a password alone is written as redis://:password@host"));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(PORT), tls, database, user, password })
    }
}

impl fmt::Display for Address {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}://{host}:{}/{}", self.port, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn every_part_but_the_host_may_be_missing() {
        for (url, shown, user, password) in [
            ("redis://cache", "redis://cache:6379/0", None, None),
            ("redis://127.0.0.1:7000/", "redis://127.0.0.1:7000/0", None, None),
            ("rediss://:p%40ss@[::1]/15", "rediss://[::1]:6379/15", None, Some("p@ss")),
            ("redis://shop:secret@cache:1/2", "redis://cache:1/2", Some("shop"), Some("secret")),
        ] {
            let address = Address::from_url("url", url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.user.as_ref().map(|text| text.as_str()), user);
            assert_eq!(address.password.as_ref().map(|text| text.as_str()), password);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_being_repeated() {
        for url in [
            "",
            "cache:6379",
            "http://:secret@cache",
            "redis://",
            "redis://:secret@cache/x",
            "redis://:secret@cache/-1",
            "redis://:secret@cache/0?protocol=resp3",
            "rediss://:secret@cache/#insecure",
            "redis://secret@cache",
            "redis://:secret@cache:99999",
            "redis://:secret%FF@cache",
            "unix:///secret",
            "redis://:secret@cache/0/1",
        ] {
            let Err(error) = Address::from_url("url", url) else { panic!("{url} is no address") };
            assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "bad_url"), "{url}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
