"""Refusals in the languages of the servers' countries, and what English words they are read as."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Phase
from hireloop.notify.transports.refusals import Side, refusal_of
from hireloop.notify.transports.replies import enhanced_code
from hireloop.notify.transports.reply_languages import in_english
from hireloop.notify.transports.reply_words import plain

REFUSALS = [
    ("Russian", "Пользователь заблокирован", Side.MAILBOX, Reason.RECIPIENT_REFUSED),
    ("Russian", "Адрес отправителя заблокирован получателем", Side.POLICY, Reason.POLICY_BLOCK),
    ("Russian", "Письмо отклонено по подозрению в спаме", Side.POLICY, Reason.POLICY_BLOCK),
    ("Russian", "Превышен лимит отправки писем для вашего аккаунта", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Japanese", "5.7.1 拒否された理由: ブラックリストに登録されています", Side.POLICY, Reason.POLICY_BLOCK),
    ("Japanese", "送信制限を超えました。しばらくしてから送信してください", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Japanese", "送信するにはSMTP認証が必要です", Side.ROUTE, Reason.AUTH_REQUIRED),
    ("Japanese", "迷惑メールと判定されたため受信を拒否しました", Side.POLICY, Reason.POLICY_BLOCK),
    ("Japanese", "宛先のメールアドレスは存在しません", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("German", "Empfänger existiert nicht", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("German", "Nachricht wurde vom Virenscanner abgewiesen", Side.POLICY, Reason.POLICY_BLOCK),
    ("German", "Sie haben Ihr Versandlimit überschritten", Side.ROUTE, Reason.SENDING_LIMIT),
    ("German", "Das Konto des Empfängers ist deaktiviert", Side.MAILBOX, Reason.MAILBOX_DISABLED),
    ("German", "Bitte authentifizieren Sie sich zuerst", Side.ROUTE, Reason.AUTH_REQUIRED),
    ("German", "Das Postfach des Empfaengers ist voll", Side.MAILBOX, Reason.MAILBOX_FULL),
    ("Italian", "Limite giornaliero di invio superato per il tuo account", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Italian", "La casella del destinatario ha superato la quota disponibile", Side.MAILBOX, Reason.MAILBOX_FULL),
    ("Italian", "Indirizzo inesistente", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("Italian", "Destinatario sconosciuto o mailbox disatttivata", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("Italian", "Casella disabilitata", Side.MAILBOX, Reason.MAILBOX_DISABLED),
    ("Korean", "일일 발송 한도를 초과하였습니다", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Korean", "스팸메일로 차단되었습니다", Side.POLICY, Reason.POLICY_BLOCK),
    ("Polish or Czech", "Schránka neexistuje", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("Polish or Czech", "Schránka příjemce je plná", Side.MAILBOX, Reason.MAILBOX_FULL),
    ("Polish or Czech", "Nie ma takiego konta", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("Polish or Czech", "Skrzynka odbiorcy jest przepełniona", Side.MAILBOX, Reason.MAILBOX_FULL),
    ("Polish or Czech", "Przekroczono limit wysyłania wiadomości z tego konta", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Polish or Czech", "Denní limit odeslaných zpráv byl překročen", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Chinese", "邮件内容涉嫌垃圾邮件,已被拒收", Side.POLICY, Reason.POLICY_BLOCK),
    ("Chinese", "对方邮箱已满", Side.MAILBOX, Reason.MAILBOX_FULL),
    ("Chinese", "您的账号今日发信量已达上限", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Chinese", "此邮箱地址不存在", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("Chinese", "收件人空间不足", Side.MAILBOX, Reason.MAILBOX_FULL),
    ("Chinese", "该用户未开通QQ邮箱", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("French", "Ce compte a été suspendu", Side.MAILBOX, Reason.MAILBOX_DISABLED),
    ("French", "Message refusé : contenu indésirable", Side.POLICY, Reason.POLICY_BLOCK),
    ("French", "L'adresse du destinataire n'existe pas", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("French", "Vous devez vous authentifier pour envoyer un message", Side.ROUTE, Reason.AUTH_REQUIRED),
    ("French", "5.7.1 Vous avez atteint la limite d'envoi de votre compte", Side.ROUTE, Reason.SENDING_LIMIT),
    ("Portuguese or Spanish", "La cuenta de correo no existe", Side.MAILBOX, Reason.RECIPIENT_UNKNOWN),
    ("Portuguese or Spanish", "Limite de envio por hora excedido para esta conta", Side.ROUTE, Reason.SENDING_LIMIT),
    (
        "Portuguese or Spanish",
        "Ha superado el límite de envíos por hora de su cuenta",
        Side.ROUTE,
        Reason.SENDING_LIMIT,
    ),
    ("Portuguese or Spanish", "É necessário autenticar para enviar mensagens", Side.ROUTE, Reason.AUTH_REQUIRED),
    (
        "Portuguese or Spanish",
        "No se permite el relay: debe autenticarse antes de enviar",
        Side.ROUTE,
        Reason.AUTH_REQUIRED,
    ),
    ("Portuguese or Spanish", "Caixa postal do destinatário cheia", Side.MAILBOX, Reason.MAILBOX_FULL),
]


@pytest.mark.parametrize(("language", "text", "side", "reason"), REFUSALS)
def test_a_refusal_in_another_language_is_whose_fault_its_words_say(
    language: str, text: str, side: Side, reason: Reason
) -> None:
    phase = Phase.REPLY if side is Side.POLICY else Phase.RECIPIENT
    assert refusal_of(550, enhanced_code(text), text, phase=phase) == (side, reason), language


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Das Postfach existiert nicht", "das mailbox unknown"),
        ("Postfach voll", "mailbox full"),
        ("Bo\u0302ite aux lettres pleine", "mailbox full"),  # an accent of its own, as macOS writes it
        ("Casella piena", "mailbox full"),
        ("posta kutusu dolu", "mailbox full"),
        ("此邮箱地址不存在", "mailbox address unknown"),
        ("メールボックス", "mailbox"),
    ],
)
def test_words_of_another_language_become_english_ones(text: str, words: str) -> None:
    assert plain(text) == words


@pytest.mark.parametrize(
    "provider", ["Gmail", "Microsoft 365", "Amazon SES", "SendGrid", "Mailgun", "Exchange", "Mimecast"]
)
def test_english_replies_stay_as_they_are(provider: str) -> None:
    replies = tomllib.loads((Path(__file__).parent / "reply_texts.toml").read_text("utf-8"))[provider]
    for _, _, text, _, _ in replies:
        assert in_english(text.lower()) == text.lower()


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert plain(text).isascii()
