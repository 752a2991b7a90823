"""What mail servers and answering programs write in languages other than English, as regular expressions.

A row is a language, and a column what is said; an empty text is never said. The texts are those of the servers whose
translations are published: Exchange, Postfix's templates, Exim, Domino, and the providers of each country.

These find what whole sentences say of a mail. The single words of an SMTP reply are put in English by
`notify/transports/reply_languages.py`, so that the rules of refusals find them.
"""

from typing import NamedTuple

_GAP = r"[^.\n]{0,60}?"


class Language(NamedTuple):
    """What is said in one language; `…` is up to 60 characters of a sentence."""

    failed: str = ""  # the mail was not delivered: hardly anybody but a mail server writes so
    goes_on: str = ""  # it was not delivered yet, and tries go on
    over: str = ""  # tries do not go on, mostly in the words of `goes_on` with a negation
    late: str = ""
    arrived: str = ""
    unknown: str = ""  # the address does not exist
    full: str = ""  # the mailbox is full


_LANGUAGES = (
    Language(  # German
        failed=r"(?:nicht|un)\s?(?:zugestellt|zustellbar|ausgeliefert|übermittelt|erreicht werden)"
        r"|zustell\w* … fehlgeschlagen|übermittlung … fehlgeschlagen",
        goes_on=r"noch nicht zugestellt|weiterhin versucht|erneut(?:e|en)? (?:versuch|zustell)"
        r"|weitere(?:n)? (?:zustell)?versuche",
        over=r"(?:keine|nicht) (?:weiteren?|erneut\w*|mehr|noch ?mal\w*) … versuch",
        late=r"verzögert",
        arrived=r"erfolgreich … (?:zugestellt|übermittelt)|wurde … zugestellt",
        unknown=r"unbekannt|existiert nicht|nicht (?:existiert|gefunden|vorhanden|im … verzeichnis)"
        r"|kein(?:en)? (?:solche|gültige)",
        full=r"postfach … (?:voll|größe)|speicher(?:platz|kapazität)|kontingent|überfüllt",
    ),
    Language(  # French
        failed=r"(?:pas pu|n'a pas|impossible) … (?:remis|distribu|livr|achemin|envoy|délivr)|échec de (?:la )?remise"
        r"|non (?:remis|distribu|délivr)",
        goes_on=r"nouvelle tentative|(?:continuera|poursuivra) … (?:essayer|tent)|pas encore … (?:remis|distribu)",
        over=r"(?:aucune|pas de) (?:nouvelle|autre) tentative|ne sera plus|ne fera pas … tentative"
        r"|n['\u2019]essaiera (?:plus|pas)",
        late=r"retard(?:é|ée)\b",
        arrived=r"(?:correctement|a bien été|avec succès) … (?:remis|transmis|distribué|délivré)",
        unknown=r"n['\u2019]existe pas|inconnu|introuvable|(?:pas|n['\u2019]a) … trouvé",
        full=r"boîte … pleine|quota … dépassé|espace … insuffisant",
    ),
    Language(  # Spanish
        failed=r"no (?:se )?(?:ha |han )?(?:pudo|podido|puede|sido|fue) … (?:entreg|envia)|no entregad",
        goes_on=r"volver\w* a intentar|seguir\w* intent|(?:aún|todavía) no … entreg",
        over=r"no (?:se )?(?:volver|intentará|intentaremos|seguir)|no … más intentos",
        late=r"se ha retrasado|entrega … retrasad",
        arrived=r"entregado … (?:correctamente|con éxito)",
        unknown=r"no existe|desconocid|no (?:se )?(?:ha )?enc(?:o|ue)ntr",
        full=r"lleno|llena|cuota",
    ),
    Language(  # Portuguese
        failed=r"não (?:foi|pôde|pode|p[ôo]de ser) … (?:entreg|enviad)|não entreg|falha na entrega",
        goes_on=r"continuar\w* (?:a )?tentando|ainda não … entreg|novas? tentativa",
        over=r"não (?:tentará|voltará a tentar|continuar)|(?:não (?:ser|haver|far)\w*|nenhuma) … tentativa",
        late=r"está atrasad",
        arrived=r"(?:foi|sido) entregue … (?:sucesso|destinat)|entregue com sucesso",
        unknown=r"não existe|desconhecid|não (?:foi )?encontrad|inexistente",
        full=r"cheia|excede\w* … (?:cota|quota)",
    ),
    Language(  # Italian
        failed=r"non è stato (?!ancora) … (?:consegn|recapit)"
        r"|(?:impossibile|non è possibile|mancata) … (?:consegn|recapit)",
        goes_on=r"(?:continuerà|continueremo) … (?:tent|prov|riprov)|non è stato ancora … (?:consegn|recapit)"
        r"|nuov[io] tentativ",
        over=r"non (?:ritent|riprover|tenter)|(?:non (?:verr|sar|ci sar|far)\w*|nessun\w*) … tentativ",
        late=r"consegna … ritardat",
        arrived=r"(?:consegn|recapit)ato … (?:correttamente|con successo)",
        unknown=r"sconosciut|inesistente|non esiste|non (?:è stat[oa] )?trovat|impossibile trovare",
        full=r"casella … piena|piena",
    ),
    Language(  # Dutch
        failed=r"niet … (?:bezorg|aflever|afgeleverd|bestelbaar)|onbestelbaar",
        goes_on=r"nog niet … (?:bezorgd|afgeleverd)|blijft … prober|(?:opnieuw|verder) … (?:prober|geprobeerd)",
        over=r"niet (?:meer|opnieuw|verder) … (?:prober|geprobeerd)|geen (?:verdere|nieuwe) … poging",
        late=r"vertraagd",
        arrived=r"(?:is|werd) (?:succesvol|met succes) … (?:bezorgd|afgeleverd)",
        unknown=r"onbekend|bestaat niet|niet … gevonden",
        full=r"(?:postvak|mailbox|postbus) … \bvol\b",
    ),
    Language(  # Danish, Norwegian and Swedish
        failed=r"\b(?:ikke|inte|ej) … (?:lever|sendes|skickas)"
        r"|olevererbar|(?:misslyckades|mislykkedes|mislyktes)",
        goes_on=r"(?:fortsæt|fortset|fortsät)\w* … (?:forsøg|prøv|försök)|(?:endnu ikke|ännu inte|ikke … ennå) … lever",
        over=r"(?:inga|ingen) (?:fler|flere|ytterligare|yderligere) … (?:försök|forsøg|forsøk)",
        late=r"forsinket|forsinka|försenad",
        arrived=r"\b(?:er|blev|är|har) … (?:leveret|levert|levererats)",
        unknown=r"ukendt|ukjent|okänd|(?:findes|finnes|finns) (?:ikke|inte)"
        r"|(?:ikke|inte) … (?:fundet|funnet|hitta)",
        full=r"(?:postkass|brevlåd|postlåd|inkorg|indbakk|innboks|postboks)\w* … (?:full|fuld|fyllt)",
    ),
    Language(  # Finnish
        failed=r"ei voitu … (?:toimitt|lähett)|toimitus epäonnistui|toimittaminen epäonnistui",
        goes_on=r"(?:yritetään|yrittää) … uudelleen",
        late=r"toimitus viivästy",
        arrived=r"toimitettu onnistuneesti",
        unknown=r"tuntematon|ei ole olemassa|ei löy",
        full=r"postilaatikko … täynnä",
    ),
    Language(  # Polish
        failed=r"nie (?:został\w*|mo(?:że|żna|gł\w+)|udało) … dostarcz|niedostarcz|dostarczenie … nie powiodło",
        goes_on=r"(?:ponown\w+|kolejn\w+) prób|jeszcze nie … dostarcz",
        over=r"prób\w* … nie (?:będ|zostan)|nie (?:będ\w+|zostan\w+|podejmie) … prób",
        late=r"opóźnion",
        arrived=r"(?:pomyślnie|została) … dostarczon",
        unknown=r"nie istnieje|nieznan|nie (?:został\w* |można )?(?:znalezion|znaleźć|odnale)",
        full=r"przepełnion|pełna",
    ),
    Language(  # Czech and Slovak
        failed=r"(?:nepodařilo|nebylo možné|nemohla?|nemohlo|nepodarilo|nebolo možné) … doruč|nedoruč"
        r"|doruč\w* … (?:nezdařil|selhal|zlyhal)",
        goes_on=r"(?:další|ďalší)\w* pokus|(?:dosud|zatím|zatiaľ) ne\w* … doruč",
        over=r"pokus\w* … ne(?:bud|prov)|(?:již|už) nebud",
        late=r"zpožděn|oneskoren",
        arrived=r"(?:byla|bola) … doručen",
        unknown=r"neexistuje|neznám|(?:ne|nebyl[aoy]? |nebol[aoi]? )(?:nalezen|nájden)",
        full=r"schránka … pln[áa]|překročen|prekročen",
    ),
    Language(  # Hungarian
        failed=r"nem (?:sikerült|lehet\w*) … (?:kézbesít|elküld|továbbít)|kézbesíthetetlen|kézbesítés\w* … sikertelen",
        goes_on=r"újra … próbál",
        late=r"késik|késleltet",
        arrived=r"sikeresen … kézbesít",
        unknown=r"ismeretlen|nem létez|nem található",
        full=r"postafiók … (?:megtelt|tele)",
    ),
    Language(  # Romanian
        failed=r"nu (?:a putut|poate|s-a putut) … (?:livra|trimi)|nelivrat",
        goes_on=r"va continua … încerc",
        late=r"întârziat",
        arrived=r"livrat … cu succes",
        unknown=r"necunoscut|nu există|nu a fost găsit",
        full=r"cutia … plin",
    ),
    Language(  # Turkish
        failed=r"(?:iletile|teslim edile|gönderile)me|iletim başar\u0131s\u0131z|teslimat başar\u0131s\u0131z",
        goes_on=r"(?:yeniden|tekrar) denenecek",
        over=r"(?:yeniden|tekrar) (?:denenmey|denemey)",
        late=r"gecik",
        arrived=r"başar\u0131yla (?:iletil|teslim)",
        unknown=r"bulunamad|bilinmeyen|mevcut değil|geçersiz (?:al\u0131c\u0131|adres)",
        full=r"kutusu … \bdolu\b|\bkota",
    ),
    Language(  # Greek
        failed=r"δεν (?:ήταν δυνατή|μπόρεσε|παραδόθηκε)|αποτυχία παράδοσης",
        unknown=r"άγνωστ|δεν υπάρχει|δεν βρέθηκε",
        full=r"γεμάτ|πλήρες",
    ),
    Language(  # Russian and Ukrainian
        failed=r"не (?:может|могло|удалось|был\w?|вдалося|може) … (?:доставл|отправл|достав|надіс)"
        r"|не доставлен|недостав",
        goes_on=r"попытк\w+ … (?:будут|продолж)|будет повтор|(?:пока|ещё|еще) не … доставл|спроб\w+ … продовж",
        over=r"попыт\w+ … не буд|не буд\w+ (?:больше )?(?:повтор|предприн)|спроб\w+ … не буд",
        late=r"задерж",
        arrived=r"успешно … доставлен|успішно … доставлен",
        unknown=r"не существует|не найден|неизвест|нет такого|не існує|не знайден|невідом",
        full=r"переполнен|переповнен|квот",
    ),
    Language(  # Hindi
        failed=r"(?:वितरित|डिलीवर|भेजा) नहीं|(?:वितरण|डिलीवरी) (?:विफल|असफल)|नहीं (?:पहुँच|पहुंच)",
        goes_on=r"(?:फिर से|पुनः|दोबारा) (?:प्रयास|कोशिश)",
        over=r"(?:प्रयास|कोशिश) नहीं",
        late=r"विलंब|देरी",
        arrived=r"सफलतापूर्वक (?:वितरित|डिलीवर)",
        unknown=r"मौजूद नहीं|नहीं मिला|अज्ञात|अमान्य",
        full=r"(?:मेलबॉक्स|इनबॉक्स) … भर",
    ),
    Language(  # Japanese
        failed=r"届け(?:でき|られ)|届きません|(?:配信|配送|送信|送達)(?:でき|不能|に失敗|エラー|されませんでした)|送れません",
        goes_on=r"再送(?:を)?(?:試|し)|引き続き … 試|まだ … (?:配信|配送|送信)されて",
        over=r"再(?:試行|送)\S{0,8}(?:ません|しない)",
        late=r"遅延|遅れ",
        arrived=r"配信(?:され|しま|に成功)|配送されました",
        unknown=r"(?:存在し|見つかり)ませ|存在しない|不明|ございません",
        full=r"いっぱい|容量",
    ),
    Language(  # Chinese
        failed=r"退信|退回|[無无]法(?:投|傳|传|送|寄)|未(?:能)?(?:送达|送達|投递|投遞|发送|寄达)|(?:发送|投递|送达|傳送|寄送)失[败敗]",
        goes_on=r"[将將会會](?:继续|繼續)|(?:继续|繼續)(?:尝试|嘗試|投|重试)|尚未(?:送|投)",
        over=r"不(?:会|會)?(?:再次?|继续|繼續)(?:尝试|嘗試|重试|投)",
        late=r"延迟|延遲",
        arrived=r"(?:成功|已)(?:送达|送達|投递|投遞)",
        unknown=r"不存在|找不到|查[无無]|[無无]此|未找到",
        full=r"已[满滿]|超[过過]|空间不足",
    ),
    Language(  # Korean
        failed=r"(?:전송|전달|배달|발송)\S{0,6} … (?:못|않|수 없|실패)|반송",
        goes_on=r"(?:다시|계속) … 시도",
        over=r"시도하지 않|더 이상 … 시도",
        late=r"지연",
        arrived=r"(?:성공적으로|정상적으로) … (?:전달|배달|발송)(?:되었|했)",
        unknown=r"찾을 수 없|존재하지 않|없는 (?:계정|사용자)",
        full=r"가득|용량",
    ),
    Language(  # Indonesian and Vietnamese
        failed=r"(?:tidak|gagal) … (?:terkirim|dikirim|disampaikan)|không (?:thể|được) … (?:gửi|chuyển)|gửi thất bại",
        goes_on=r"mencoba lagi|sẽ … thử lại",
        late=r"tertunda|bị chậm",
        unknown=r"tidak (?:ditemukan|dikenal)|không (?:tồn tại|tìm thấy)",
        full=r"\bpenuh\b|đầy",
    ),
)


def all_of(column: str) -> str:
    """Return what is said in any of the languages, as one regular expression."""
    said = "|".join(text for language in _LANGUAGES if (text := getattr(language, column)))
    return said.replace(" … ", _GAP)
