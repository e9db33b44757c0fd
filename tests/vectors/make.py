"""Makes the golden vectors of this folder with the openssl command and Python's `cryptography`, never with our code.

    make.py            writes missing keys and all vectors
    make.py --verify   writes nothing; fails when a vector is not what these two tools say

Everything is deterministic but RSA-OAEP: a ciphertext that is already there and decrypts as it should is kept.
"""

import argparse
import base64
import datetime
import json
import pathlib
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).resolve().parent
KEYS = HERE / "keys"
NOW = 1_750_000_000
NONCE = "0123456789abcdefGHIJKLMNOPQRSTUV"
MCHID = "1900000001"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000012026112100000000000001"
SCHEME = "WECHATPAY2-SHA256-RSA2048"
OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
OPENSSL_OAEP = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1", "-pkeyopt", "rsa_mgf1_md:sha1"]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def openssl(*arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


def private_key(name: str):
    return serialization.load_pem_private_key((KEYS / name).read_bytes(), None)


def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((KEYS / name).read_bytes())


def serial(name: str) -> str:
    """The serial number as the platform writes it: whole bytes in upper-case hex."""
    text = f"{certificate(name).serial_number:X}"
    return text if len(text) % 2 == 0 else "0" + text


def sign(key: str, message: bytes) -> bytes:
    """Signs with openssl and has `cryptography` check it."""
    signature = openssl("dgst", "-sha256", "-sign", str(KEYS / key), stdin=message)
    private_key(key).public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    return signature


# ------------------------------------------------------------------------------------------------ keys


def make_keys() -> None:
    """Makes the keys that are missing."""
    KEYS.mkdir(exist_ok=True)

    def missing(name: str, *arguments: str) -> None:
        if not (KEYS / name).exists():
            (KEYS / name).write_bytes(openssl(*arguments))

    def path(name: str) -> str:
        return str(KEYS / name)

    def rsa(name: str, bits: int) -> None:
        missing(name, "genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")

    for name, bits in [
        ("merchant_pkcs8.pem", 2048),
        ("platform_key.pem", 2048),
        ("platform_cert_key.pem", 2048),
        ("other_key.pem", 2048),
        ("rsa4096_key.pem", 4096),
        ("rsa1024_key.pem", 1024),
    ]:
        rsa(name, bits)
    missing("merchant_pkcs1.pem", "rsa", "-in", path("merchant_pkcs8.pem"), "-traditional")
    missing("ec_key.pem", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    missing("ec_sec1_key.pem", "ec", "-in", path("ec_key.pem"))
    missing("ec_pub.pem", "pkey", "-in", path("ec_key.pem"), "-pubout")
    for name in ["platform", "platform_cert", "other", "rsa4096", "rsa1024"]:
        missing(f"{name}_pub.pem", "pkey", "-in", path(f"{name}_key.pem"), "-pubout")
    missing("rsa_public_pkcs1.pem", "rsa", "-in", path("platform_key.pem"), "-RSAPublicKey_out")
    password = ("-passout", "pass:test")
    missing("encrypted_pkcs8.pem", "pkcs8", "-topk8", "-in", path("merchant_pkcs8.pem"), *password)
    missing("encrypted_pkcs1.pem", "rsa", "-in", path("merchant_pkcs8.pem"), "-traditional", "-aes128", *password)

    lasting = (2025, 2045)
    for name, key, number, years in [
        ("merchant_cert.pem", "merchant_pkcs8.pem", 0x5A1B2C3D4E5F60718293A4B5C6D7E8F901234567, lasting),
        ("platform_cert.pem", "platform_cert_key.pem", 0x7132D72A03E93CDDF8C03BBD1F37EEDF0A0B0C0D, lasting),
        ("platform_cert_zero.pem", "platform_cert_key.pem", 0x00A1B2C3D4E5F60718293A4B5C6D7E8F9012345, lasting),
        (
            "platform_cert_expired.pem",
            "platform_cert_key.pem",
            0x3333D72A03E93CDDF8C03BBD1F37EEDF0A0B0C0D,
            (2016, 2021),
        ),
        ("other_cert.pem", "other_key.pem", 0x6666D72A03E93CDDF8C03BBD1F37EEDF0A0B0C0D, lasting),
        ("rsa1024_cert.pem", "rsa1024_key.pem", 0x1111D72A03E93CDDF8C03BBD1F37EEDF0A0B0C0D, lasting),
        ("ec_cert.pem", "ec_key.pem", 0x2222D72A03E93CDDF8C03BBD1F37EEDF0A0B0C0D, lasting),
    ]:
        if not (KEYS / name).exists():
            make_certificate(name, key, number, years)


def make_certificate(name: str, key: str, number: int, years: "tuple[int, int]") -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test only, public")])
    first, last = (datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) for year in years)
    private = private_key(key)
    built = x509.CertificateBuilder(subject, subject, private.public_key(), number, first, last)
    (KEYS / name).write_bytes(built.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


# ------------------------------------------------------------------------------------------------ vectors


def signing() -> dict:
    chinese = '{"sub_mchid":"1900000109","name":"微信支付商户"}'.encode()
    requests = [
        ("GET without a body", "GET", "/v3/certificates", b""),
        ("GET with a query", "GET", "/v3/bill/tradebill?bill_date=2026-11-20&bill_type=ALL", b""),
        ("GET with an encoded path and query", "GET", "/v3/a%2Fb%3F%25%23/%E5%BE%AE%E4%BF%A1?q=%26%3D%20x&q=2", b""),
        (
            "POST with JSON",
            "POST",
            "/v3/goldplan/merchants/changecustompagestatus",
            b'{"sub_mchid":"1900000109","operation_type":"OPEN"}',
        ),
        ("POST with a Chinese body", "POST", "/v3/goldplan/merchants/changegoldplanstatus", chinese),
        ("POST without a body", "POST", "/v3/new-tax-control-fapiao/merchant/1900000109/check", b""),
        ("PATCH", "PATCH", "/v3/goldplan/merchants/open-advertising-show", b'{"sub_mchid":"1900000109"}'),
        ("a body with line ends", "POST", "/v3/x", b'{\n\t"a": "\\n"\r\n}\n'),
        ("a body of bytes that are not text", "PUT", "/v3/x", bytes(range(256))),
    ]
    number = serial("merchant_cert.pem")
    cases = []
    for at, (name, method, target, body) in enumerate(requests):
        timestamp = NOW + at
        message = f"{method}\n{target}\n{timestamp}\n{NONCE}\n".encode() + body + b"\n"
        signature = b64(sign("merchant_pkcs8.pem", message))
        fields = {"mchid": MCHID, "nonce_str": NONCE, "timestamp": str(timestamp), "serial_no": number}
        listed = ",".join(f'{key}="{value}"' for key, value in {**fields, "signature": signature}.items())
        cases.append(
            {
                "name": name,
                "method": method,
                "target": target,
                "timestamp": timestamp,
                "nonce": NONCE,
                "body_base64": b64(body),
                "message_base64": b64(message),
                "signature": signature,
                "authorization": f"{SCHEME} {listed}",
            }
        )
    return {"private_key": "merchant_pkcs8.pem", "mchid": MCHID, "serial_no": number, "cases": cases}


# What each signature was made from: the sandbox makes it anew for the moment at which a case runs.
ORIGINS: "dict[str, dict]" = {}


def reply(body: bytes, key: str, number: str, timestamp: int = NOW, **changed: "str | None") -> dict:
    """The headers of a signed reply, some of them changed or (None) left out after signing."""
    message = f"{timestamp}\n{NONCE}\n".encode() + body + b"\n"
    headers = {
        "Wechatpay-Timestamp": str(timestamp),
        "Wechatpay-Nonce": NONCE,
        "Wechatpay-Serial": number,
        "Wechatpay-Signature": b64(sign(key, message)),
    }
    origin = {"timestamp": timestamp, "nonce": NONCE, "body_base64": b64(body)}
    ORIGINS[headers["Wechatpay-Signature"]] = {"key_pem": f"${{vectors/keys/{key}}}", **origin}
    for name, value in changed.items():
        headers["-".join(part.capitalize() for part in name.split("_"))] = value
    return {name: value for name, value in headers.items() if value is not None}


def verification() -> dict:
    body = '{"sub_mchid":"1900000109","说明":"已开通"}'.encode()
    by_id, by_certificate = ("platform_key.pem", PUBLIC_KEY_ID), ("platform_cert_key.pem", serial("platform_cert.pem"))
    zero, expired = serial("platform_cert_zero.pem"), serial("platform_cert_expired.pem")
    cases: list[dict] = []

    def case(name: str, headers: dict, error: "str | None" = None, sent: bytes = body, words: tuple = ()) -> None:
        entry: dict = {"name": name, "headers": headers, "body_base64": b64(sent), "now": NOW, "error": error}
        if words:
            entry["message_contains"] = list(words)
        cases.append(entry)

    case("public key", reply(body, *by_id))
    case("certificate", reply(body, *by_certificate))
    case("empty body, as a 204 has it", reply(b"", *by_id), sent=b"")
    case("with the signature type", reply(body, *by_id, wechatpay_signature_type=SCHEME))
    case("serial in lower case", reply(body, by_certificate[0], by_certificate[1].lower()))
    case("serial with more leading zeros", reply(body, by_certificate[0], "0000" + by_certificate[1]))
    case("certificate whose serial begins with zero", reply(body, by_certificate[0], zero))
    case("the same without its zeros", reply(body, by_certificate[0], zero.lstrip("0")))
    case("key id in lower case is another id", reply(body, by_id[0], by_id[1].lower()), "unknown_serial")

    wrong = "bad_signature"
    case("one byte of the body changed", reply(body, *by_id), wrong, body.replace(b"109", b"108"))
    case("space added to the body", reply(body, *by_id), wrong, body + b" ")
    case("body removed", reply(body, *by_id), wrong, b"")
    case("body added to an empty one", reply(b"", *by_id), wrong)
    case("nonce changed", reply(body, *by_id, wechatpay_nonce=NONCE[::-1]), wrong)
    case("timestamp changed", reply(body, *by_id, wechatpay_timestamp=str(NOW + 1)), wrong)
    case("signed by another key", reply(body, "other_key.pem", by_id[1]), wrong, words=(PUBLIC_KEY_ID,))
    case("serial of the other key", reply(body, by_id[0], by_certificate[1]), wrong)
    case("signature is not base64", reply(body, *by_id, wechatpay_signature="not base64!"), wrong)
    case("signature cut short", reply(body, *by_id, wechatpay_signature=b64(bytes(255))), wrong)
    unknown = reply(body, "other_key.pem", serial("other_cert.pem"))
    case(
        "unknown serial", unknown, "unknown_serial", words=(serial("other_cert.pem"), PUBLIC_KEY_ID, by_certificate[1])
    )
    case("expired certificate", reply(body, by_certificate[0], expired), "certificate_expired", words=(expired,))
    probe = "WECHATPAY/SIGNTEST/" + b64(bytes(range(96)))
    case("probe", reply(body, *by_id, wechatpay_signature=probe), "probe")
    case(
        "other signature type",
        reply(body, *by_id, wechatpay_signature_type="WECHATPAY2-SM2-WITH-SM3"),
        "unknown_signature_type",
    )
    case("timestamp is not a number", reply(body, *by_id, wechatpay_timestamp="now"), "bad_timestamp")
    dated = {"date": "Sun, 15 Jun 2025 15:06:40 GMT", "wechatpay_timestamp": str(-(2**63))}
    case("timestamp is the least number there is", reply(body, *by_id, **dated), "clock_skew")
    for name in ["timestamp", "nonce", "serial", "signature"]:
        header = f"Wechatpay-{name.capitalize()}"
        case(f"without {header}", reply(body, *by_id, **{f"wechatpay_{name}": None}), "missing_header", words=(header,))
        case(f"empty {header}", reply(body, *by_id, **{f"wechatpay_{name}": ""}), "missing_header", words=(header,))
    for seconds in [299, 300, 301, 3600]:
        for word, sign_of in [("older", -1), ("newer", 1)]:
            headers = reply(body, *by_id, timestamp=NOW + sign_of * seconds)
            error = "clock_skew" if seconds > 300 else None
            case(f"{seconds} s {word}", headers, error, words=(f"{seconds} s {word}",) if error else ())
    return {
        "public_keys": [{"id": PUBLIC_KEY_ID, "pem": "platform_pub.pem"}],
        "certificates": [
            {"pem": f"{name}.pem", "public_key": "platform_cert_pub.pem", "serial_no": serial(f"{name}.pem")}
            for name in ["platform_cert", "platform_cert_zero", "platform_cert_expired"]
        ],
        "cases": cases,
    }


def invocation() -> dict:
    """Records for front ends, each field under its official name."""
    cases = []
    for at, (front_end, appid, partnerid, prepay_id) in enumerate(
        [
            ("jsapi", "wx8888888888888888", None, "wx201410272009395522657a690389285100"),
            ("mini_program", "wxd678efh567hg6787", None, "wx26112521580621e9b071c00d9e093b0000"),
            ("app", "wx8888888888888888", MCHID, "WX1217752501201407033233368018"),
            ("jsapi", "ww0123456789abcdef", None, "a"),
        ]
    ):
        timestamp = str(NOW + at)
        signed = prepay_id if front_end == "app" else f"prepay_id={prepay_id}"
        message = f"{appid}\n{timestamp}\n{NONCE}\n{signed}\n".encode()
        signature = b64(sign("merchant_pkcs8.pem", message))
        if front_end == "app":
            record = {"appid": appid, "partnerid": partnerid, "prepayid": prepay_id, "package": "Sign=WXPay"}
            record |= {"noncestr": NONCE, "timestamp": timestamp, "sign": signature}
        else:
            record = {"appId": appid, "timeStamp": timestamp, "nonceStr": NONCE, "package": signed}
            record |= {"signType": "RSA", "paySign": signature}
        given = {"appid": appid, "partnerid": partnerid, "prepay_id": prepay_id}
        cases.append(
            {
                "front_end": front_end,
                "params": {name: value for name, value in given.items() if value is not None},
                "message_base64": b64(message),
                "record": record,
            }
        )
    return {"private_key": "merchant_pkcs8.pem", "nonce": NONCE, "cases": cases}


def aead() -> dict:
    key, nonce = b"0123456789abcdefghijklmnopqrstuv", "fdasflkja484"
    plaintext = '{"out_trade_no":"1217752501201407033233368018","名":"值"}'.encode()
    cases = []
    for name, data, text in [
        ("usual", "transaction", plaintext),
        ("empty associated data", "", plaintext),
        ("empty plaintext", "certificate", b""),
        ("Chinese associated data", "证书", plaintext),
        ("longer than one block", "certificate", bytes(range(256)) * 4),
    ]:
        sealed = AESGCM(key).encrypt(nonce.encode(), text, data.encode())
        good = {"name": name, "nonce": nonce, "associated_data": data, "ciphertext": b64(sealed)}
        cases.append({**good, "plaintext_base64": b64(text)})
    usual = {key: value for key, value in cases[0].items() if key != "plaintext_base64"}
    sealed = base64.b64decode(usual["ciphertext"])
    for name, changed in [
        ("ciphertext altered", {"ciphertext": b64(bytes([sealed[0] ^ 1]) + sealed[1:])}),
        ("tag altered", {"ciphertext": b64(sealed[:-1] + bytes([sealed[-1] ^ 1]))}),
        ("tag cut off", {"ciphertext": b64(sealed[:-16])}),
        ("shorter than a tag", {"ciphertext": b64(sealed[:8])}),
        ("empty ciphertext", {"ciphertext": ""}),
        ("other associated data", {"associated_data": "certificate"}),
        ("associated data left out", {"associated_data": ""}),
        ("other nonce", {"nonce": "fdasflkja485"}),
        ("nonce of 11 bytes", {"nonce": "fdasflkja48"}),
        ("nonce of 16 bytes", {"nonce": "fdasflkja4840000"}),
    ]:
        cases.append({**usual, "name": name, **changed, "error": "cannot_decrypt"})
    cases.append({**usual, "name": "ciphertext is not base64", "ciphertext": "not base64!", "error": "bad_ciphertext"})
    return {"apiv3_key": key.decode(), "cases": cases}


def notifications() -> dict:
    key, nonce, data = b"0123456789abcdefghijklmnopqrstuv", "fdasflkja484", "transaction"
    resource = '{"out_trade_no":"1217752501201407033233368018","amount":{"total":100},"openid":"oUpF8uMuAJO_M2pxb1Q9"}'
    by_id, by_certificate = ("platform_key.pem", PUBLIC_KEY_ID), ("platform_cert_key.pem", serial("platform_cert.pem"))
    cases: list[dict] = []

    def sealed(text: bytes = resource.encode(), associated: "str | None" = data, **changed: "str | None") -> dict:
        ciphertext = b64(AESGCM(key).encrypt(nonce.encode(), text, (associated or "").encode()))
        fields = {"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": ciphertext}
        fields |= {"associated_data": associated, "nonce": nonce, **changed}
        return {name: value for name, value in fields.items() if value is not None}

    def envelope(**changed: object) -> bytes:
        fields = {
            "id": "EV-2018022511223320873",
            "create_time": "2025-06-15T23:06:40+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": sealed(),
            **changed,
        }
        present = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()

    def case(name: str, sent: bytes, error: "str | None" = None, headers: "dict | None" = None, **more: object) -> None:
        headers = headers or reply(sent, *by_id)
        cases.append({"name": name, "headers": headers, "body_base64": b64(sent), "error": error, **more})

    good = envelope()
    read = {"resource": json.loads(resource), "event_type": "TRANSACTION.SUCCESS", "id": "EV-2018022511223320873"}
    case("public key", good, **read)
    case("certificate", good, headers=reply(good, *by_certificate), **read)
    lower = {name.lower(): value for name, value in reply(good, *by_id).items()}
    case("header names in lower case", good, headers=lower, **read)
    case("without associated data", envelope(resource=sealed(associated=None)), **read)
    case("empty associated data", envelope(resource=sealed(associated="")), **read)
    case("without summary", envelope(summary=None), **read)
    case(
        "a new event and a new field",
        envelope(event_type="TEA.BREWED", teapot=1),
        **{**read, "event_type": "TEA.BREWED"},
    )

    wrong = "bad_signature"
    spaced = json.dumps(json.loads(good), ensure_ascii=False).encode()
    case("body parsed and written again", spaced, wrong, reply(good, *by_id))
    case("signed by another key", good, wrong, reply(good, "other_key.pem", PUBLIC_KEY_ID))
    case("unsigned", good, "missing_header", {"Content-Type": "application/json"})
    probe = reply(good, *by_id, wechatpay_signature="WECHATPAY/SIGNTEST/" + b64(bytes(range(96))))
    case("probe", good, "probe", probe)
    case("stale", good, "clock_skew", reply(good, *by_id, timestamp=NOW - 301))
    case("unknown serial", good, "unknown_serial", reply(good, "other_key.pem", serial("other_cert.pem")))
    expired = reply(good, by_certificate[0], serial("platform_cert_expired.pem"))
    case("expired certificate", good, "certificate_expired", expired)

    malformed = "malformed_notification"
    case("not JSON", b"hello", malformed)
    case("empty", b"", malformed)
    case("a list", b"[]", malformed)
    for field in ["id", "create_time", "event_type", "resource"]:
        case(f"without {field}", envelope(**{field: None}), malformed, field=field)
    case("a number as id", envelope(id=1), malformed, field="id")
    for field in ["algorithm", "ciphertext", "nonce"]:
        case(f"resource without {field}", envelope(resource=sealed(**{field: None})), malformed, field=field)
    case("another algorithm", envelope(resource=sealed(algorithm="AEAD_SM4_128_GCM")), "unknown_algorithm")
    case("another APIv3 key", envelope(resource=sealed(ciphertext=b64(bytes(64)))), "cannot_decrypt")
    case("other associated data", envelope(resource=sealed() | {"associated_data": "refund"}), "cannot_decrypt")
    case("ciphertext is not base64", envelope(resource=sealed(ciphertext="not base64!")), "bad_ciphertext")
    return {
        "now": NOW,
        "apiv3_key": key.decode(),
        "public_key_id": PUBLIC_KEY_ID,
        "platform_public_key": "platform_pub.pem",
        "platform_certificates": ["platform_cert.pem", "platform_cert_expired.pem"],
        "cases": cases,
    }


def oaep(old: dict) -> dict:
    key = private_key("merchant_pkcs8.pem")
    kept = {case["name"]: case["ciphertext"] for case in old.get("cases", []) if "plaintext_base64" in case}
    cases = []
    for name, plaintext in [
        ("name", "张三".encode()),
        ("id number", b"110101199003070000"),
        ("one byte", b"1"),
        ("empty", b""),
        ("214 bytes, the most", bytes(range(214))),
    ]:
        ciphertext = kept.get(name) or b64(key.public_key().encrypt(plaintext, OAEP))
        raw = base64.b64decode(ciphertext)
        by_openssl = openssl(
            "pkeyutl", "-decrypt", "-inkey", str(KEYS / "merchant_pkcs8.pem"), *OPENSSL_OAEP, stdin=raw
        )
        if key.decrypt(raw, OAEP) != plaintext or by_openssl != plaintext:
            sys.exit(f"oaep.json: {name}: the ciphertext does not decrypt as it should")
        cases.append({"name": name, "ciphertext": ciphertext, "plaintext_base64": b64(plaintext)})
    good = base64.b64decode(cases[0]["ciphertext"])
    for name, ciphertext in [
        ("altered", good[:-1] + bytes([good[-1] ^ 1])),
        ("cut short", good[:-1]),
        ("too long", good + b"\0"),
        ("nothing", b""),
        ("all ones", b"\xff" * 256),
    ]:
        cases.append({"name": name, "ciphertext": b64(ciphertext), "error": True})
    limits = [
        {"public_key": "platform_pub.pem", "private_key": "platform_key.pem", "longest": 214},
        {"public_key": "rsa4096_pub.pem", "private_key": "rsa4096_key.pem", "longest": 470},
    ]
    return {"private_key": "merchant_pkcs8.pem", "cases": cases, "limits": limits}


def pem() -> dict:
    def text(name: str) -> str:
        return (KEYS / name).read_text()

    def spki(name: str) -> str:
        public = private_key(name).public_key()
        return b64(public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))

    good, public, cert = text("merchant_pkcs8.pem"), text("platform_pub.pem"), text("platform_cert.pem")

    def damaged(block: str) -> str:
        lines = block.splitlines()
        return "\n".join([lines[0], "!" + lines[1][1:], *lines[2:]])

    def without_end(block: str) -> str:
        return "\n".join(block.splitlines()[:-1])

    def cut(block: str) -> str:
        """Whole lines lost in the middle: still base64, but no longer a key."""
        lines = block.splitlines()
        return "\n".join([*lines[:3], lines[-1]])

    def common(block: str, file_name: str) -> list:
        return [
            {"name": "empty", "pem": "", "problem_contains": ["is empty"]},
            {"name": "blank", "pem": " \n\t", "problem_contains": ["is empty"]},
            {"name": "file name", "pem": file_name, "problem_contains": ["is not PEM", "_path"]},
            {
                "name": "base64 without its frame",
                "pem": "".join(block.splitlines()[1:-1]),
                "problem_contains": ["is not PEM"],
            },
            {"name": "END line missing", "pem": without_end(block), "problem_contains": ["cut short"]},
            {"name": "lines lost", "pem": cut(block), "problem_contains": ["damaged"]},
            {"name": "base64 damaged", "pem": damaged(block), "problem_contains": ["damaged"]},
        ]

    def bad(name: str, file: str, *words: str) -> dict:
        return {"name": name, "pem": text(file), "problem_contains": list(words)}

    def private(name: str, block: str) -> dict:
        return {"name": name, "pem": block, "spki_base64": spki("merchant_pkcs8.pem")}

    def dated(name: str) -> dict:
        parsed = certificate(name)
        return {
            "name": name,
            "pem": text(name),
            "serial_no": serial(name),
            "not_before": int(parsed.not_valid_before_utc.timestamp()),
            "not_after": int(parsed.not_valid_after_utc.timestamp()),
        }

    return {
        "private_keys": [
            private("PKCS#8", good),
            private("PKCS#1", text("merchant_pkcs1.pem")),
            private("Windows line ends", good.replace("\n", "\r\n")),
            private("blank lines around it", "\n\n" + good + "\n\n"),
            *common(good, "apiclient_key.pem"),
            bad("certificate given as key", "merchant_cert.pem", "holds a certificate", "private key"),
            bad("public key given as key", "platform_pub.pem", "holds a public key", "private key"),
            bad("encrypted PKCS#8", "encrypted_pkcs8.pem", "password"),
            bad("encrypted PKCS#1", "encrypted_pkcs1.pem", "password"),
            bad("elliptic curve, PKCS#8", "ec_key.pem", "not an RSA private key"),
            bad("elliptic curve, SEC1", "ec_sec1_key.pem", "elliptic-curve"),
            bad("1024 bits", "rsa1024_key.pem", "2048"),
        ],
        "public_keys": [
            {"name": "SubjectPublicKeyInfo", "pem": public, "spki_base64": spki("platform_key.pem")},
            {"name": "4096 bits", "pem": text("rsa4096_pub.pem"), "spki_base64": spki("rsa4096_key.pem")},
            *common(public, "pub_key.pem"),
            bad("private key given as public key", "platform_key.pem", "holds a private key", "public key"),
            bad("certificate given as public key", "platform_cert.pem", "holds a certificate", "public key"),
            bad("elliptic curve", "ec_pub.pem", "not an RSA public key"),
            bad("1024 bits", "rsa1024_pub.pem", "2048"),
        ],
        "certificates": [
            *(
                dated(f"{name}.pem")
                for name in ["merchant_cert", "platform_cert", "platform_cert_zero", "platform_cert_expired"]
            ),
            *common(cert, "apiclient_cert.pem"),
            bad("private key given as certificate", "merchant_pkcs8.pem", "holds a private key", "certificate"),
            bad("public key given as certificate", "platform_pub.pem", "holds a public key", "certificate"),
            bad("elliptic curve", "ec_cert.pem", "not RSA"),
            bad("1024 bits", "rsa1024_cert.pem", "2048"),
        ],
        "pairs": [
            {"certificate": "merchant_cert.pem", "private_key": "merchant_pkcs1.pem", "belongs": True},
            {"certificate": "merchant_cert.pem", "private_key": "other_key.pem", "belongs": False},
        ],
    }


def shared_cases(vectors: dict) -> list:
    """The vectors as cases of ``tests/cases``: so every language runs them, over real sockets."""
    cases = []
    keys = vectors["verification"]
    trusting = {
        "public_key_id": keys["public_keys"][0]["id"],
        "platform_public_key": f"${{vectors/keys/{keys['public_keys'][0]['pem']}}}",
        "platform_public_key_path": None,
        "platform_certificates": [f"${{vectors/keys/{one['pem']}}}" for one in keys["certificates"]],
    }
    merchant = {
        "serial_no": None,
        "merchant_private_key_path": None,
        "merchant_private_key": "${vectors/keys/merchant_pkcs8.pem}",
        "merchant_certificate": "${vectors/keys/merchant_cert.pem}",
    }

    def replay(headers: dict, body: str) -> list:
        fault = {"kind": "replay", "now": NOW, "headers": headers, "body_base64": body}
        signed = ORIGINS.get(headers.get("Wechatpay-Signature", ""))
        return [{"fault": {**fault, "signed": signed} if signed else fault}]

    for one in vectors["signing"]["cases"]:
        sent = base64.b64decode(one["body_base64"]).decode("utf-8", "replace")
        try:
            body = json.loads(sent) if sent else None
        except ValueError:
            continue
        if body is not None and json.dumps(body, ensure_ascii=False, separators=(",", ":")) != sent:
            continue  # JSON that no language writes like this
        request = {"method": one["method"], "path": one["target"], **({"body": body} if sent else {})}
        wire = {"method": one["method"], "target": one["target"], "body": sent, "authorized": True}
        cases.append(
            {
                "name": f"signing: {one['name']}",
                "faults": [{"fault": {"kind": "status", "status": 404, "body": {"code": "NOT_FOUND", "message": "x"}}}],
                "call": {"request": request},
                "expect": {"wire": [wire], "error": {"kind": "api", "code": "NOT_FOUND"}},
            }
        )
    for one in keys["cases"]:
        body = base64.b64decode(one["body_base64"])
        if one["error"]:
            expect = {"error": {"kind": "signature", "code": one["error"]}}
            if "message_contains" in one:
                expect["error"]["message_contains"] = one["message_contains"]
        else:
            expect = {"result": json.loads(body) if body else None, "status": 200 if body else 204}
        cases.append(
            {
                "name": f"verification: {one['name']}",
                "client": trusting,
                "faults": replay(one["headers"], one["body_base64"]),
                "call": {"request": {"method": "GET", "path": "/v3/vectors"}, "options": {"retry": "off"}},
                "expect": expect,
            }
        )
    for one in vectors["oaep"]["cases"]:
        if not one["ciphertext"]:
            continue  # an empty field was never encrypted
        body = json.dumps({"phone": one["ciphertext"]}).encode()
        plaintext = base64.b64decode(one.get("plaintext_base64", ""))
        try:
            expect = {"result": {"phone": plaintext.decode()}}
        except UnicodeDecodeError:
            continue  # no text
        if "error" in one:
            expect = {"error": {"kind": "decrypt"}}
        params = {"sub_mchid": "1900000109", "scene": "WITH_WECHATPAY", "fapiao_apply_id": "1"}
        cases.append(
            {
                "name": f"oaep: {one['name']}",
                "client": {**trusting, **merchant},
                "faults": replay(reply(body, "platform_key.pem", PUBLIC_KEY_ID), b64(body)),
                "call": {"operation": "new_tax_control_fapiao.user_title.get", "params": params},
                "expect": expect,
            }
        )
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verify", action="store_true", help="write nothing, fail on a difference")
    verify = parser.parse_args().verify
    if not verify:
        make_keys()
    old = HERE / "oaep.json"
    vectors = {
        "signing": signing(),
        "verification": verification(),
        "invocation": invocation(),
        "aead": aead(),
        "notifications": notifications(),
        "oaep": oaep(json.loads(old.read_text()) if old.exists() else {}),
        "pem": pem(),
    }
    wrong = []
    files = {HERE / f"{name}.json": content for name, content in vectors.items()}
    files[HERE.parent / "cases" / "vectors.json"] = shared_cases(vectors)
    for path, content in files.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        if verify and (not path.exists() or path.read_text() != text):
            wrong.append(path.name)
        elif not verify:
            path.write_text(text)
    if wrong:
        sys.exit(f"not what the tools make of the keys: {', '.join(wrong)}")
    print(f"{sum(len(content.get('cases', [])) for content in vectors.values())} cases, all as the tools say")


if __name__ == "__main__":
    main()
