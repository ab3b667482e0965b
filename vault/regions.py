"""Province, city, district and street at the head of a Chinese address. Fails closed: what is not surely one is not returned."""

import re

_PROVINCE = re.compile(
    r"(?:北京|天津|上海|重庆)(?:市|(?![东南西北中]?[路街道]))|(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州"
    r"|云南|陕西|甘肃|青海|台湾)省|(?:内蒙古|西藏)自治区|广西壮族自治区|宁夏回族自治区|新疆维吾尔自治区|(?:香港|澳门)特别行政区"
)
_MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
_CITY = re.compile(r"[\u4e00-\u9fff]{2,12}?自治州|[\u4e00-\u9fff]{2,4}?(?:市|地区|盟)(?![场路街里社])")
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{2,12}?自治[县旗]|[\u4e00-\u9fff]{1,4}?[区县旗市]")
# 幸福小区, 科技园南区, 阳光城东区, 花园超市 end like a district or a city, and name a street or a house.
_NO_REGION = re.compile(
    r"[小社园校厂景街住库]区$|..[东南西北中]区$|园|苑|公寓|新村|大厦|广场|市区$|[超菜夜集门上]市$|路|街|巷|号"
)

_STREET = re.compile(r"[\u4e00-\u9fff0-9]{1,12}?(?:大道|胡同|[路街道巷弄])")


def _match(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found and not _NO_REGION.search(found[0]) else ""


def region(address: str) -> str:
    """`浙江省杭州市西湖区文三路1号` gives `浙江省杭州市西湖区`; an address without a city gives at most its province."""
    found = _PROVINCE.match(address)
    province = found[0] if found else ""
    rest = address[len(province) :]
    city = "" if province.startswith(_MUNICIPALITIES) else _match(_CITY, rest)
    if not city and not province.startswith(_MUNICIPALITIES):
        return province
    return province + city + _match(_DISTRICT, rest[len(city) :])


def with_street(address: str) -> str:
    """`浙江省杭州市西湖区文三路1号` gives `浙江省杭州市西湖区文三路`; without a region or a street before it, the region alone."""
    known = region(address)
    street = _STREET.match(address, len(known)) if known else None
    return known + street[0] if street else known
