"""Writes the golden files: numbers of other people's implementations that Diptych's tests compare with.

Usage: python generate.py [--check] [name ...]     (all names without any; README.md says how to set it up)
--check writes nothing and exits 1 if a file would change.
"""

import argparse
import sys
from importlib import import_module

from golden_file import FOLDER, render

# By file: the module, and its names for the packages, the manifest and the maker. A module is imported when its file is
# made, so that a file needs only its own packages.
MAKERS: dict[str, tuple[str, str, str, str]] = {
    'infonce': ('infonce', 'PACKAGES', 'MADE_BY', 'make'),
    'siglip': ('contrastive', 'SIGLIP_PACKAGES', 'SIGLIP_MADE_BY', 'make_siglip'),
    'simclr': ('contrastive', 'PACKAGES', 'SIMCLR_MADE_BY', 'make_simclr'),
    'negclip': ('contrastive', 'PACKAGES', 'NEGCLIP_MADE_BY', 'make_negclip'),
    'attention_pool': ('contrastive', 'PACKAGES', 'POOL_MADE_BY', 'make_attention_pool'),
    'adamw': ('adamw', 'PACKAGES', 'MADE_BY', 'make'),
    'lion': ('optimizers', 'LION_PACKAGES', 'LION_MADE_BY', 'make_lion'),
    'sgd': ('optimizers', 'SGD_PACKAGES', 'SGD_MADE_BY', 'make_sgd'),
    'schedules': ('optimizers', 'SCHEDULE_PACKAGES', 'SCHEDULE_MADE_BY', 'make_schedules'),
    'attention': ('layers', 'PACKAGES', 'ATTENTION_MADE_BY', 'make_attention'),
    'basics': ('layers', 'PACKAGES', 'BASICS_MADE_BY', 'make_basics'),
    'layers': ('layers', 'PACKAGES', 'LAYERS_MADE_BY', 'make_layers'),
    'quantiser': ('layers', 'PACKAGES', 'QUANTISER_MADE_BY', 'make_quantiser'),
    'convolutions': ('convolutions', 'PACKAGES', 'MADE_BY', 'make'),
    'clip_vit': ('clip_towers', 'PACKAGES', 'VIT_MADE_BY', 'make_vit'),
    'clip_text': ('clip_towers', 'PACKAGES', 'TEXT_MADE_BY', 'make_text'),
    'zero_shot': ('zero_shot', 'PACKAGES', 'MADE_BY', 'make'),
    'retrieval': ('retrieval', 'PACKAGES', 'MADE_BY', 'make'),
    'compositional': ('compositional', 'PACKAGES', 'MADE_BY', 'make'),
    'embeddings': ('embeddings', 'PACKAGES', 'MADE_BY', 'make'),
    'training': ('training', 'PACKAGES', 'MADE_BY', 'make'),
    'autocast': ('autocast', 'PACKAGES', 'MADE_BY', 'make'),
    'threefry': ('threefry', 'PACKAGES', 'MADE_BY', 'make'),
    'bilinear_crop': ('bilinear_crop', 'PACKAGES', 'MADE_BY', 'make'),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='name', choices=[[], *MAKERS], help=', '.join(MAKERS))
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    changed = []
    FOLDER.mkdir(exist_ok=True)
    for name in options.names or MAKERS:
        module, *names = MAKERS[name]
        packages, made_by, make = (getattr(import_module(f'makers.{module}'), n) for n in names)
        text = render(name, packages, made_by, make())
        file = FOLDER / f'{name}.json'
        same = file.exists() and file.read_text(encoding='utf8') == text
        if not same:
            changed.append(name)
            if not options.check:
                file.write_text(text, encoding='utf8')
        print(f'{name}.json {len(text) / 1000:.1f} kB {"same" if same else "differs" if options.check else "written"}')
    if options.check and changed:
        sys.exit(f'these files would change: {", ".join(changed)}')


if __name__ == '__main__':
    main()
