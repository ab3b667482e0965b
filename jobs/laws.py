"""The law's clocks that a reminder may name. They run on calendar days, and nobody can put them off.

Source: 保险法 (2015), 反洗钱法 (2024), 个人信息保护法 (2021), 消费者权益保护法; the sentences are summaries for staff, no legal text.
"""

from collections.abc import Mapping

LAWS: Mapping[str, str] = {
    "保险法22": "认为索赔资料不完整的,应及时一次性通知补充。",
    "保险法23": "收到赔偿或给付请求后及时核定,情形复杂的30日内作出;达成协议后10日内支付。",
    "保险法24": "核定不属于保险责任的,自作出核定之日起3日内发出拒赔通知书并说明理由。",
    "保险法25": "收到请求和资料之日起60日内不能确定数额的,先支付可以确定的数额。",
    "保险法26": "向保险人请求赔付的诉讼时效为2年,人寿保险为5年。",
    "保险法36": "分期支付保费,自催告之日起30日或约定期限60日内未支付的,合同效力中止。",
    "保险法37": "效力中止的合同,自中止之日起2年内可以协商复效;满2年未达成协议的,保险人有权解除。",
    "保险法47": "投保人解除合同的,自收到解除通知之日起30日内退还现金价值。",
    "反洗钱法34": "客户身份资料应保持有效;证件过期未更新的,应中止为其办理业务。",
    "个人信息保护法14": "处理目的、方式或种类变更,或同意到期的,应重新取得同意。",
    "个人信息保护法31": "处理不满14周岁未成年人的个人信息,应取得监护人同意。",
}


def sentence(article: str, more: Mapping[str, str]) -> str:
    """What the article says in a line; `more` are those that the configuration adds."""
    return more.get(article) or LAWS.get(article, "")
