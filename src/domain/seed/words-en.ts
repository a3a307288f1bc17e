import type { Words } from "./words.ts";

const list = (text: string) => text.split("|");

export const WORDS_EN: Words = {
  categories: [
    "Furniture:table|chair|desk|bookcase|bed frame|sofa|wardrobe|bench|sideboard|shelf:folding|corner|oak|pine|extendable|children's|stackable|upholstered|metal|rustic",
    "Lighting:lamp|floor lamp|ceiling light|wall light|spotlight|lantern|bulb|light strip:dimmable|reading|brass|paper|outdoor|solar|rechargeable|industrial|warm white",
    "Kitchen:pan|pot|knife set|kettle|coffee maker|blender|mixing bowl|cutting board|toaster|storage jar:non-stick|cast iron|stainless|ceramic|electric|compact|bamboo|glass|professional",
    "Garden:hose|planter|parasol|hammock|lawn mower|pruning shears|watering can|greenhouse|barbecue:galvanised|foldable|retractable|terracotta|cordless|portable|heavy duty|compact",
    "Tools:drill|screwdriver set|saw|hammer|sander|spirit level|toolbox|wrench|multimeter:cordless|magnetic|laser|adjustable|professional|compact|insulated|stackable",
    "Toys:building blocks|puzzle|doll|board game|train set|teddy bear|scooter|kite|play kitchen:wooden|educational|musical|glow in the dark|magnetic|cooperative|soft|remote control",
    "Books:novel|cookbook|atlas|biography|anthology|textbook|travel guide|comic|dictionary:illustrated|annotated|pocket|hardcover|bilingual|second-hand|collector's|abridged",
    "Phones:smartphone|phone case|charger|power bank|screen protector|headset|car holder|cable:unlocked|dual sim|wireless|magnetic|shockproof|fast|slim|braided",
    "Computers:laptop|monitor|keyboard|mouse|webcam|docking station|solid state drive|router|printer:mechanical|curved|wireless|ultralight|refurbished|silent|ergonomic|external",
    "Audio:headphones|speaker|soundbar|turntable|microphone|amplifier|radio|earbuds:noise cancelling|bluetooth|portable|waterproof|vintage|studio|wireless|compact",
    "Cameras:camera|tripod|lens|camera bag|memory card|flash|photo frame|binoculars:mirrorless|instant|telephoto|waterproof|carbon fibre|compact|digital|padded",
    "Video games:console|controller|racing wheel|gaming headset|memory expansion|arcade stick|game:wireless|limited edition|retro|handheld|remastered|cooperative|refurbished",
    "Sports:dumbbell set|yoga mat|football|tennis racket|swimming goggles|jump rope|boxing gloves|exercise bike:adjustable|non-slip|official size|beginner's|professional|foldable|resistance",
    "Cycling:bicycle|helmet|bike lock|pannier|pump|saddle|bike light|child seat:mountain|folding|electric|city|waterproof|gel|rechargeable|aluminium",
    "Camping:tent|sleeping bag|camping stove|backpack|cool box|headlamp|camping chair|water filter:ultralight|four-person|winter|inflatable|waterproof|folding|compact|family",
    "Clothing:jacket|t-shirt|jeans|sweater|dress|raincoat|scarf|pyjamas|socks:wool|cotton|slim fit|oversized|hooded|striped|linen|quilted|organic",
    "Shoes:trainers|boots|sandals|loafers|slippers|running shoes|hiking boots:leather|waterproof|suede|vegan|lightweight|wide fit|canvas|orthopaedic",
    "Watches:watch|bracelet|necklace|earrings|ring|smart watch|pocket watch:silver|automatic|gold plated|leather strap|minimalist|waterproof|engraved|vintage",
    "Beauty:face cream|shampoo|perfume|hair dryer|nail kit|beard trimmer|sunscreen|lipstick:moisturising|organic|fragrance free|travel size|professional|ionic|vegan|matte",
    "Pets:dog bed|cat tree|leash|aquarium|litter box|bird cage|dog coat|feeding bowl:orthopaedic|washable|retractable|automatic|self-cleaning|stainless|reflective|foldable",
  ],
  title: (thing, kind, brand, detail) => `${capital(kind)} ${thing} ${brand}, ${detail}`,
  phrase: (thing, kind) => `${kind} ${thing}`,
  unsold: list(
    "motorbike|piano|violin|baby stroller|fridge|washing machine|drone|telescope|mattress|air conditioner|sewing machine|ukulele|wheelchair|3d pen|tractor",
  ),
  details: list(
    "black|white|grey|navy blue|green|red|natural|set of two|set of four|large|small|120 cm|80 cm|new model|2026 edition",
  ),
  descriptions: list(
    "A {} that lasts. Simple lines, careful finish and easy to clean.|This {} comes in its original box, with instructions and spare parts.|Our best selling {}: sturdy, practical and pleasant to use every day.|A {} for small homes. Takes little room and needs no assembly.|Designed with people who use a {} daily. Weighs little and feels solid.",
  ),
  assurances: list(
    "Twelve months of warranty.|Ships within a day.|Free returns for thirty days.|Invoice included.|Made from certified materials.",
  ),
  firstNames: list(
    "Alice|Ben|Chloe|Daniel|Emma|Felix|Grace|Henry|Isla|Jack|Karen|Liam|Mia|Noah|Olivia|Peter|Quinn|Ruth|Sam|Tessa|Una|Victor|Wendy|Yusuf|Zoe|Arthur|Bella|Callum|Dora|Edwin|Freya|George|Hannah|Ivan|Judith|Kevin|Laura|Martin|Nina|Oscar",
  ),
  surnames: list(
    "Adams|Baker|Carter|Davies|Evans|Fisher|Green|Harris|Irving|Jones|King|Lewis|Miller|Nolan|Owens|Parker|Quigley|Reed|Scott|Turner|Underwood|Vance|Walker|Young|Archer|Bishop|Cooper|Dawson|Ellis|Foster|Gibson|Hughes|Jensen|Knight|Lawson|Mason|Norris|Palmer|Russell|Stone",
  ),
  streets: list(
    "High Street|Station Road|Church Lane|Park Avenue|Mill Road|Victoria Street|Green Lane|Kings Road|Orchard Close|The Crescent",
  ),
  cities: list(
    "Ashford|Brookfield|Clifton|Dunmore|Eastleigh|Fairview|Glenwood|Harwich|Kingsport|Lakeside|Milton|Newport",
  ),
  regions: list(
    "Westmarch|Eastmarch|Westmarch|Northshire|Eastmarch|Midvale|Midvale|Northshire|Southport|Southport|Midvale|Eastmarch",
  ),
  questions: list(
    "Do you have it in another colour?|How long does delivery take?|Is there a warranty?|What are the exact measurements?|Can I collect it?|Is it new and sealed?|Does it come with an invoice?|How much does it weigh?",
  ),
  answers: list(
    "Hello, yes, we have it in stock.|It arrives in three to six days.|Yes, twelve months by the maker.|You find the measurements in the description.|It is new, in its original box.|Of course, with an invoice.|Sorry, only in this colour.",
  ),
  reviews: [
    ["Broke on the first day.", "Nothing like the picture.", "Very disappointed."],
    ["It arrived late and scratched.", "Weaker than I expected.", "Not worth its price."],
    ["It is all right, nothing more.", "Good, but it took long to arrive.", "Does its job."],
    ["Good quality, as described.", "Works well, happy with it.", "Nice, only the box was dented."],
    ["Excellent, arrived quickly!", "Better than I hoped.", "Perfect, I would buy it again."],
  ],
  complaints: list(
    "It arrived broken.|It is another model than the one described.|Parts are missing.|It does not switch on.|It is clearly used.",
  ),
  notReceived: list(
    "It never arrived.|The carrier says delivered, nobody gave me anything.|Weeks late and no news.",
  ),
  dismissals: list("The pictures show what was described.|The carrier has a signature."),
  refunds: list("The seller accepts the complaint.|The parcel is lost.|Agreed with both."),
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
