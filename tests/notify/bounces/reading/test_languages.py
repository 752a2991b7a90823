"""That tries go on, or are over, in the languages in which servers say so."""

import pytest

from hireloop.notify.bounces.reading.delivery_report import MailAction
from hireloop.notify.bounces.reading.reports import read


def action_of(sentence: str) -> MailAction | None:
    text = f"From: MAILER-DAEMON@mx.example\nContent-Type: text/plain; charset=utf-8\n\nasha@example.com\n{sentence}\n"
    return read(text.encode()).action


@pytest.mark.parametrize(
    "sentence",
    [
        "Das Postfach ist voll. Es werden keine weiteren Versuche unternommen, diese Nachricht zuzustellen.",
        "Unbekannter Empfänger. Es wird nicht erneut versucht, die Nachricht zuzustellen.",
        "Boîte pleine. Microsoft Exchange n'essaiera pas de remettre ce message à nouveau.",
        "Adresse inconnue. Aucune nouvelle tentative ne sera effectuée.",
        "El buzón está lleno. Microsoft Exchange no volverá a intentar entregar este mensaje.",
        "Usuario desconocido. No se harán más intentos de entrega.",
        "Caixa cheia. Não serão feitas novas tentativas de entrega.",
        "Casella piena. Non verranno effettuati nuovi tentativi di consegna.",
        "Postvak is vol. Er wordt niet opnieuw geprobeerd dit bericht te bezorgen.",
        "Okänd mottagare. Inga fler försök att leverera meddelandet görs.",
        "Nieznany użytkownik. Kolejne próby nie będą podejmowane.",
        "Neznámý příjemce. Další pokusy o doručení nebudou provedeny.",
        "Ящик переполнен. Дальнейшие попытки доставки предприниматься не будут.",
        "Неизвестный получатель. Попытки доставки больше не будут повторяться.",
        "メールボックスがいっぱいです。このメッセージの再送は行われません。",
        "邮箱已满。系统将不会继续尝试投递。",
        "메일함이 가득 찼습니다. 다시 시도하지 않습니다.",
        "Mailbox full. No attempt will be made to deliver this message again.",
        "User unknown. Exchange will not try to redeliver this message for you.",
    ],
)
def test_a_server_that_has_stopped_trying_says_that_the_mail_failed(sentence: str) -> None:
    assert action_of(sentence) is MailAction.FAILED


@pytest.mark.parametrize(
    "sentence",
    [
        "Noch nicht zugestellt. Es wird erneut versucht, die Nachricht zuzustellen.",
        "Le serveur fera une nouvelle tentative.",
        "El servidor volverá a intentar la entrega.",
        "O servidor continuará tentando.",
        "Il server continuerà a riprovare.",
        "De server blijft het proberen.",
        "Vi fortsätter att försöka leverera meddelandet.",
        "Serwer podejmie kolejne próby.",
        "Další pokusy o doručení budou následovat.",
        "Попытки доставки будут продолжены.",
        "引き続き配信を試みます。",
        "系统将继续尝试投递。",
        "계속 배달을 시도합니다.",
        "सर्वर फिर से प्रयास करेगा।",
        "İleti yeniden denenecek.",
    ],
)
def test_a_server_that_keeps_trying_says_that_the_mail_is_late(sentence: str) -> None:
    assert action_of(sentence) is MailAction.DELAYED


@pytest.mark.parametrize(
    "title",
    [
        "Ihre Nachricht ist verzögert",
        "Consegna ritardata",
        "Bezorging vertraagd",
        "Leveransen är försenad",
        "Dostarczenie opóźnione",
        "Doručení zpožděno",
        "İletim gecikti",
        "배달 지연",
        "Delivery delayed",
    ],
)
def test_a_subject_that_says_that_a_mail_is_late_is_enough(title: str) -> None:
    text = f"From: MAILER-DAEMON@mx.example\nSubject: {title}\n\nasha@example.com\n"
    assert read(text.encode()).action is MailAction.DELAYED
