"""Writes the golden files: numbers of other people's implementations that Diptych's tests compare with.

Usage: python generate.py [--check] [name ...]     (all names without any; README.md says how to set it up)
--check writes nothing and exits 1 if a file would change.
"""

import argparse
import sys
from collections.abc import Callable

from golden_file import FOLDER, render
from makers import adamw, bilinear_crop, clip_towers, infonce, retrieval, threefry, zero_shot

MAKERS: dict[str, tuple[list[str], dict[str, str], Callable[[], dict]]] = {
    'infonce': (infonce.PACKAGES, infonce.MADE_BY, infonce.make),
    'adamw': (adamw.PACKAGES, adamw.MADE_BY, adamw.make),
    'clip_vit': (clip_towers.PACKAGES, clip_towers.VIT_MADE_BY, clip_towers.make_vit),
    'clip_text': (clip_towers.PACKAGES, clip_towers.TEXT_MADE_BY, clip_towers.make_text),
    'zero_shot': (zero_shot.PACKAGES, zero_shot.MADE_BY, zero_shot.make),
    'retrieval': (retrieval.PACKAGES, retrieval.MADE_BY, retrieval.make),
    'threefry': (threefry.PACKAGES, threefry.MADE_BY, threefry.make),
    'bilinear_crop': (bilinear_crop.PACKAGES, bilinear_crop.MADE_BY, bilinear_crop.make),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='name', choices=[[], *MAKERS], help=', '.join(MAKERS))
    parser.add_argument('--check', action='store_true')
    options = parser.parse_args()
    changed = []
    FOLDER.mkdir(exist_ok=True)
    for name in options.names or MAKERS:
        packages, made_by, make = MAKERS[name]
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
