"""The words of refusals in other languages than English, in English. Pure.

Most mail servers reply in English, but many add, or say only, what a reader in their country understands. One table
puts the nouns and verbs of such replies in English, whatever their order, so that the rules have one language. What
reports say of a mail in whole sentences is in `notify/bounces/reading/languages.py`.
"""

import re
import unicodedata

# Letters with a stroke, and ligatures, are no compositions in Unicode
_PLAIN_LETTERS = str.maketrans(
    {
        letter: decomposed[0]
        for letter in map(chr, range(0xC0, 0x250))
        if len(decomposed := unicodedata.normalize("NFD", letter)) > 1
    }
    | {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)

# What is said in English, the words of languages that put spaces between words, and those of languages that do not.
# Accents are gone, so that `é` is `e`. In this order: a longer word before a shorter one that it contains.
_WORDS = (
    (
        "sending limit",
        (
            r"(?:versand|sende)(?:limit|kontingent|volumen)|(?:limites?|quota) d['e] ?(?:envois?|envios?)|"
            r"limite (?:\w+ )?di invio|limit\w* (?:wysyl\w+|odesilan\w+|odeslan\w+|odchozi\w+)|verzendlimiet|"
            r"лимит\w* (?:на )?(?:отправ\w+|исходящ\w+)"
        ),
        "发信量|发送量|发信限制|发送限制|發送限制|送信制限|送信上限|送信数|(?:발송|전송) ?(?:한도|제한|건수)",
    ),
    (
        "sender",
        r"absender\w*|expediteurs?|remitente|remetente|mittente|nadawc\w+|odesilatel\w*|afzender|отправител\w+",
        "发件人|發件人|寄件人|发信人|送信者|差出人|발신자|보낸 ?사람",
    ),
    (
        "by recipient",
        (
            r"vom empf(?:a|ae)nger|par (?:le|son) destinataire|por (?:el|o) destinatario|pelo destinatario|"
            r"dal destinatario|przez odbiorce|prijemcem|door de ontvanger|получателем|адресатом"
        ),
        "被收件人|被对方",
    ),
    (
        "recipient",
        (
            r"empf(?:a|ae)nger\w*|destinataires?|destinatari[oa]s?|odbiorc\w+|adresat\w*|prijemc\w+|ontvanger\w*|"
            r"mottagare\w*|modtager\w*|mottaker\w*|получател\w+|адресат\w*|"
            r"alici\w*"
        ),
        "收件人|收信人|对方|對方|受信者|宛先|수신자|받는 ?사람",
    ),
    (
        "blacklist",
        r"sperrliste|liste noire|lista (?:negra|nera)|czarn\w+ list\w+|черн\w+ спис\w+",
        "黑名单|黑名單|ブラックリスト|블랙리스트",
    ),
    (
        "spam",
        r"courriers? indesirables?|indesirables?|niechcian\w+|nevyzadan\w+|спам\w*",
        "垃圾(?:邮件|郵件)?|迷惑メール|スパム(?:メール)?|스팸(?:메일)?",
    ),
    ("policy", r"richtlinien?|politique|politica|zasad\w*|pravid\w*|beleid|политик\w*", "策略|ポリシー|정책"),
    ("virus", r"viren\w*|wirus\w*|virem|вирус\w*", "病毒|ウイルス|바이러스"),
    (
        "mailbox",
        (
            r"postf(?:a|ae)ch\w*|boites? (?:aux lettres|mail|de reception)|buzon\w*|"
            r"caixas? (?:postal|de correio|de entrada)|"
            r"casell[ae]|skrzynk\w+|schrank\w+|posta kutusu|ящик\w*"
        ),
        "邮箱|郵箱|信箱|メールボックス|메일함|사서함",
    ),
    ("address", r"adress[ea]?|direccion|endereco|indirizz[oi]|adresa?|адрес\w*", "地址|(?:メール)?アドレス|주소"),
    (
        "user",
        r"(?:be)?nutzer\w*|utilisateurs?|usuari[oa]s?|utent[ei]|uzytkownik\w*|uzivatel\w*|gebruikers?|пользовател\w+",
        "用户|用戶|ユーザー?|사용자",
    ),
    (
        "account",
        r"kontos?|konta|compte|cuenta|conta|ucet|uctu|аккаунт\w*|учетн\w+ запис\w+",
        "账号|帳號|账户|帳戶|帐号|アカウント|계정",
    ),
    (
        "message",
        r"nachricht\w*|mensaje|mensagem|messaggio|wiadomosc\w*|zprav\w+|bericht|письм\w+|сообщени\w+",
        "邮件|郵件|信件|メール|메일",
    ),
    ("content", r"inhalt\w*|contenu|contenido|conteudo|contenuto|tresc\w*|obsah\w*|содержи\w+", "内容|內容|내용"),
    (
        "auth required",
        (
            r"authentifizier(?:en|ung erforderlich)|(?:vous )?authentifier|authentification (?:requise|necessaire)|"
            r"autenticar(?:se)?|autenticazione (?:richiesta|necessaria)|autenti[ck]acion (?:requerida|necesaria)|"
            r"uwierzytelni\w+|требуется (?:авторизация|аутентификация)"
        ),
        "需要(?:身份)?(?:验证|驗證|认证)|認証が必要|인증이? ?필요",
    ),
    (
        "unknown",
        (
            r"unbekannt\w*|existier(?:t|en) nicht|nicht (?:gefunden|vorhanden|bekannt)|ung(?:u|ue)ltig\w*|inconnue?s?|"
            r"n['e] ?existe (?:pas|plus)|introuvable|desconocid[oa]s?|(?:no|nao) existe|(?:no|nao) encontrad[oa]|"
            r"in[ei]xist[ea]nte|desconhecid[oa]s?|invalid[oa]|sconosciut[oa]|inesistente|non esiste|non trovat[oa]|"
            r"nie istnieje|nie ma tak\w+|nieznan\w+|neexistuj\w+|neznam\w+|nenalezen\w*|onbekend\w*|bestaat niet|"
            r"finns inte|findes ikke|finnes ikke|okand|uk[je]e?n[dt]t?|не существует|не найден\w*|неизвест\w+|"
            r"нет так\w+|такого|bulunamadi|mevcut degil"
        ),
        (
            "不存在|未开通|未注册|未找到|找不到|无效|無效|"
            "存在しません|存在しない|見つかりません|不明|존재하지 ?않는?|없는|찾을 수 없"
        ),
    ),
    (
        "full",
        (r"voll|pleine?|llen[oa]|chei[oa]|pien[oa]|przepelnion\w+|pelna|pln[ay]|dolu|переполнен\w*|заполнен\w*"),
        "已满|已滿|满了|空间不足|空間不足|容量不足|容量を超え|いっぱい|용량이? ?(?:초과|부족)|가득",
    ),
    ("limit exceeded", r"limit uberschritten", "上限|超限|한도를? ?초과"),
    (
        "exceeded",
        (
            r"(?:u|ue)berschritten|ausgeschopft|erreicht|depassee?|atteinte?|superad[oa]|excedid[oa]|alcanzad[oa]|"
            r"ultrapassad[oa]|atingid[oa]|superat[oa]|raggiunt[oa]|przekroczon\w+|przekroczyl\w+|prekrocen\w*|"
            r"overschreden|bereikt|превышен\w*|исчерпан\w*|достигнут\w*"
        ),
        "超过|超過|超出|已达|已達|达到|超え|초과",
    ),
    ("limit", r"limites?|limiet|лимит\w*|квот\w*", "限额|限制|制限|한도|제한"),
    (
        "per hour",
        r"por hora|par heure|pro stunde|all['] ?ora|na godzine|za hodinu|per uur|в час",
        "每小时|每小時|1時間|시간당",
    ),
    (
        "daily",
        r"t(?:a|ae)glich\w*|tages(?=limit)|diari[oa]s?|quotidien\w*|journalier\w*|giornalier[oa]|dzienn\w+|denni\w*|суточн\w+|дневн\w+",
        "今日|今天|每日|每天|1日|하루|일일",
    ),
    (
        "sending",
        r"envois?|envios?|invio|versand|senden|enviar|envoyer|inviare|wysyl\w+|wyslac|odesl\w+|verzenden|отправ\w+",
        "发信|发送|發送|送信|발송|전송",
    ),
    (
        "stopped",
        (
            r"deaktiviert|deaktivovan\w*|desactive[e]?|suspendue?|desactivad[oa]|desativad[oa]|suspens[oa]|suspendid[oa]|"
            r"dis+at+ivat[oa]|disabilitat[oa]|sospes[oa]|zawieszon\w+|wylaczon\w+|uitgeschakeld|отключен\w*|приостановлен\w*"
        ),
        "被禁用|已禁用|已停用|停用|冻结|凍結|停止|(?:사용 ?)?(?:중지|정지)",
    ),
    (
        "not allowed",
        (
            r"nicht (?:erlaubt|gestattet|zul(?:a|ae)ssig|berechtigt)|(?:pas|non) autorise[e]?|"
            r"(?:no|nao) (?:(?:esta|se|e) )?(?:permit\w+|autorizad[oa])|non (?:e )?(?:consentit[oa]|autorizzat[oa])|"
            r"niedozwolon\w*|neni povolen\w*|niet toegestaan|не разрешен\w*|запрещен\w*"
        ),
        "不允许|不允許|禁止|許可されていません|허용되지 ?않",
    ),
    (
        "refused",
        (
            r"abgelehnt|abgewiesen|zuruckgewiesen|verweigert|refusee?|rejetee?|rechazad[oa]|rejeitad[oa]|recusad[oa]|"
            r"rifiutat[oa]|respint[oa]|odrzucon\w*|odmitnut\w*|geweigerd|отклонен\w*|отвергнут\w*|отказано"
        ),
        "拒收|拒绝|拒絕|被拒|拒否|거부",
    ),
    (
        "blocked",
        r"gesperrt|blockiert|bloquee?|bloquead[oa]|bloccat[oa]|zablokowan\w*|blokovan\w*|geblokkeerd|заблокирован\w*",
        "被封|차단",
    ),
    (
        "not belong",
        r"geh(?:o|oe)rt nicht|n['e] ?appartient pas|no pertenece|nao pertence|non appartiene|не принадлежит",
        "不属于",
    ),
    (
        "too large",
        r"zu gross|trop (?:gros|grand|volumineux)\w*|demasiado grande|muito grande|troppo grande|слишком больш\w+",
        "过大|過大|太大",
    ),
    ("your", r"ihr(?:e[mnrs]?)?|votre|seu|sua|tuo|tua|twoj\w*|ваш\w*", "您的|你的"),
    (
        "later",
        r"sp(?:a|ae)ter|plus tard|mas tarde|mais tarde|piu tardi|pozniej|pozdeji|позже|позднее",
        "稍后|稍後|しばらく|나중에",
    ),
)
_IN_ENGLISH = tuple((re.compile(rf"\b(?:{spaced})\b|{unspaced}"), f" {word} ") for word, spaced, unspaced in _WORDS)


def in_english(text: str) -> str:
    """Return a lower-case text with the words of other languages in English, and Latin letters without accents."""
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN_LETTERS)
    for pattern, word in _IN_ENGLISH:
        text = pattern.sub(word, text)
    return text
