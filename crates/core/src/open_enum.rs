//! Enumerations of the platform are open sets: a literal newer than this SDK parses, and can be sent.

/// Makes an enumeration over wire literals that keeps literals it does not know.
#[allow(unused_macros, reason = "without the feature of a product there are no types")]
macro_rules! open_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $literal:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A literal that this version of the SDK does not know; sent and received as it is.
            Unknown(String),
        }

        impl $name {
            /// The documented literals.
            pub const VALUES: &'static [&'static str] = &[$($literal),+];

            /// The literal on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $literal,)+
                    Self::Unknown(literal) => literal,
                }
            }
        }

        impl Default for $name {
            /// The empty literal: a required field left at it is refused before anything is sent.
            fn default() -> Self {
                Self::Unknown(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(literal: &str) -> Self {
                match literal {
                    $($literal => Self::$variant,)+
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(<std::borrow::Cow<'de, str>>::deserialize(deserializer)?.as_ref()))
            }
        }
    };
}
pub(crate) use open_enum;
