"""Random-resized-crop with given boxes and flips: bilinear, no antialias, align_corners False."""

import numpy as np
import torch
import torch.nn.functional as F
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as vision

from golden_file import Array

PACKAGES = ['torch', 'torchvision', 'numpy']
MADE_BY = {
    'crop_then_resize': 'torchvision.transforms.v2.functional.resized_crop(antialias=False, bilinear), then horizontal_flip: '
    'samples never leave the box (its border pixels repeat). Only for boxes of whole pixels inside the picture.',
    'clamp_to_image': 'torch.nn.functional.grid_sample(bilinear, padding_mode=border, align_corners=False), then flipped: '
    'samples may take pixels just outside the box; only the border of the picture repeats',
    'output pixel i': 'reads at top + (i + 0.5) * height / size - 0.5, and so for columns',
}
HEIGHT, WIDTH = 9, 7
BOXES = [
    # top, left, height, width, output rows, output columns, flipped
    (0, 0, 9, 7, 9, 7, False),
    (0, 0, 9, 7, 9, 7, True),
    (2, 1, 5, 4, 8, 8, False),
    (2, 1, 5, 4, 8, 8, True),
    (0, 0, 9, 7, 4, 4, False),
    (1, 3, 8, 4, 3, 5, True),
    (4, 2, 1, 1, 3, 3, False),
    (0.25, 1.5, 6.5, 4.75, 6, 6, False),
    (3.7, 0.1, 2.2, 6.3, 4, 4, True),
]


def _sample(image: torch.Tensor, top, left, height, width, rows, columns) -> torch.Tensor:
    """image [1,C,H,W] -> [1,C,rows,columns], the box read by grid_sample in its coordinates from -1 to 1."""
    y = top + (torch.arange(rows, dtype=torch.float64) + 0.5) * height / rows  # in pixel edges: 0 to HEIGHT
    x = left + (torch.arange(columns, dtype=torch.float64) + 0.5) * width / columns
    grid_y, grid_x = torch.meshgrid(2 * y / HEIGHT - 1, 2 * x / WIDTH - 1, indexing='ij')
    grid = torch.stack([grid_x, grid_y], dim=-1)[None]
    return F.grid_sample(image, grid, mode='bilinear', padding_mode='border', align_corners=False)


def make() -> dict:
    rng = np.random.default_rng(600)
    picture = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    image = torch.tensor(picture.astype(np.float64)).permute(2, 0, 1)[None]
    to_hwc = lambda x: Array(x[0].permute(1, 2, 0).contiguous())
    cases = []
    for top, left, height, width, rows, columns, flipped in BOXES:
        turn = vision.horizontal_flip if flipped else (lambda x: x)
        case = {'top': top, 'left': left, 'height': height, 'width': width, 'size': [rows, columns], 'flip': flipped}
        if all(isinstance(v, int) for v in (top, left, height, width)):
            cropped = vision.resized_crop(
                image, top, left, height, width, [rows, columns], InterpolationMode.BILINEAR, antialias=False
            )
            case['crop_then_resize'] = to_hwc(turn(cropped))
        case['clamp_to_image'] = to_hwc(turn(_sample(image, top, left, height, width, rows, columns)))
        cases.append(case)
    return {'layout': 'HWC, values 0 to 255 as f64', 'image': Array(picture), 'cases': cases}
